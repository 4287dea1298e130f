// Positions for attention: rotations of queries and keys, biases of scores, sines. Compositions of ops.
import { checkFloat } from "../core/dtype.js";
import { checkInt, checkShape, misfit, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, neg, pow, sub } from "./arithmetic.js";
import { where } from "./compare.js";
import { arange } from "./creation.js";
import { cat, stack } from "./join.js";
import { abs, cos, sin } from "./math.js";
import { causalMask } from "./attention.js";
import { chunk, flatten, reshape, unbind, unsqueeze } from "./views.js";

export interface RotaryOptions {
  /** Wavelengths grow from 2 pi to 2 pi base. Default: 10000. */
  base?: number;
  /** The position of the first row: how many a key-value cache holds already. Default: 0. */
  offset?: number;
  /**
   * Pairs are neighbours (0, 1), (2, 3), ... as in GPT-J and the paper; false: element i goes with
   * i + D / 2, as in GPT-NeoX and LLaMA. Default: false.
   */
  interleaved?: boolean;
}

/**
 * @internal The angles pos base^(-2i/D) of positions offset ... offset + n - 1: [n, D / 2]. In
 * float32, as PyTorch's users compute them: at position 10000 they are off by 0.0005 or so.
 */
export function angles(n: number, D: number, base: number, offset: number): Tensor {
  return tidy(() => {
    const frequencies = pow(base, div(arange(D / 2), -D / 2));
    return mul(unsqueeze(arange(offset, offset + n), 1), frequencies);
  });
}

/**
 * Rotary positions (Su et al., 2021): pair i of row pos is turned by the angle pos base^(-2i/D), so
 * that products of queries and keys depend on their distance alone.
 * @param x [..., T, D], D even
 * @throws ShapeError for an odd D
 */
export function rotaryEmbedding(x: Tensor, options: RotaryOptions = {}): Tensor {
  const {
    base = 10000,
    offset = 0,
    interleaved = false,
  } = checkOptions("rotaryEmbedding", options);
  checkFloat("rotaryEmbedding", "x", x);
  const [T, D] = x.shape.slice(-2) as [number, number];
  if (x.ndim < 2 || D % 2 !== 0) {
    misfit("rotaryEmbedding", "x must be [..., T, D] with an even D", x);
  }
  return tidy(() => {
    const turn = angles(T, D, base, offset);
    const [c, s] = [cos(turn), sin(turn)];
    const pairs = reshape(x, [...x.shape.slice(0, -1), D / 2, 2]);
    const [a, b] = (interleaved ? unbind(pairs, -1) : chunk(x, 2, -1)) as [Tensor, Tensor];
    const turned = [sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s))];
    return interleaved ? flatten(stack(turned, -1), -2) : cat(turned, -1);
  });
}

/**
 * The slopes of ALiBi (Press et al., 2022), [heads]: 2^(-8i/heads) for i = 1 ... heads; where heads is
 * no power of two, those of the next lower one, and then every other one of twice as many.
 */
export function alibiSlopes(heads: number): Tensor {
  checkInt("alibiSlopes", "heads", heads, 1, 2 ** 24);
  let n = 1;
  while (2 * n <= heads) n *= 2;
  return tidy(() => {
    // Divided, so that whole numbers become float32.
    const whole = div(arange(1, n + 1), -n / 8);
    const odd = div(arange(1, 2 * (heads - n) + 1, 2), -n / 4);
    return pow(2, cat([whole, odd]));
  });
}

export interface AlibiOptions {
  /** -Infinity for the keys behind a query. Default: false. */
  isCausal?: boolean;
  /** The position of the first query among the keys: S - L with a key-value cache. Default: 0. */
  causalOffset?: number;
}

/**
 * ALiBi as an attnMask: -slope |i + causalOffset - j| for head, query i and key j.
 * @returns [heads, L, S]
 */
export function alibiBias(heads: number, L: number, S = L, options: AlibiOptions = {}): Tensor {
  const { isCausal = false, causalOffset = 0 } = checkOptions("alibiBias", options);
  checkShape("alibiBias", [heads, L, S]);
  return tidy(() => {
    const slopes = reshape(alibiSlopes(heads), [heads, 1, 1]);
    const at = unsqueeze(arange(causalOffset, causalOffset + L), 1);
    const bias = neg(mul(slopes, abs(sub(at, arange(S)))));
    return isCausal ? where(causalMask(L, S, 1 + causalOffset), bias, -Infinity) : bias;
  });
}
