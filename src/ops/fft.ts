// Discrete Fourier transforms of any length. There is no complex dtype: a complex tensor is a float32
// tensor whose last dim has size 2, (real, imaginary), as torch.view_as_real gives it; its dims are
// counted without that last one.
import { ValueError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import {
  sizeOf,
  showShape,
  checkList,
  shapeOf,
  checkPlace,
  checkWord,
  checkInt,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { f64, run } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { withContiguous } from "./convert.js";
import { movedim } from "./dims.js";
import { stack } from "./join.js";
import { narrow, select } from "./views.js";

/** "backward": 1/n on the inverse; "forward": 1/n on the forward; "ortho": 1/sqrt(n) on both. */
export type FftNorm = "backward" | "forward" | "ortho";

export interface FftOptions {
  /** The length: longer input is cut, shorter one padded with zeros. Default: the dim's size. */
  n?: number;
  /** Default: -1. */
  dim?: number;
  /** Default: "backward". */
  norm?: FftNorm;
}

export interface Fft2Options {
  /** The lengths along `dims`. Default: their sizes. */
  s?: readonly [number, number];
  /** Default: the last two. */
  dims?: readonly [number, number];
  /** Default: "backward". */
  norm?: FftNorm;
}

/** One side of a transform: real or complex, how many of the n elements there are, and whether half of a
 * spectrum stands for the whole, so that all of it but its ends counts twice. */
interface Side {
  readonly real: boolean;
  readonly bins: number;
  readonly doubled: boolean;
}

/** y_k = scale sum_j x_j e^(+-2 pi i j k / n) along the last dim. */
interface Transform {
  readonly op: string;
  readonly n: number;
  readonly plus: boolean;
  readonly scale: number;
  readonly from: Side;
  readonly to: Side;
}

/** Bytes of scratch that the kernel finds for its tables. */
const ROOM = (1 << 20) - 64;

/** A length of at least so much that is transformed fast: 4, 5 or 6 times a power of 2. */
function convolved(least: number): number {
  let m = 8;
  while (m < least) m *= 2;
  return [0.625, 0.75, 1].map((part) => part * m).find((part) => part >= least)!;
}

/** Whether n has no prime factor above 7. */
function isSmooth(n: number): boolean {
  for (const prime of [2, 3, 5, 7]) while (n % prime === 0) n /= prime;
  return n === 1;
}

/** A linear map: its derivative is its adjoint, with the sign and the two sides changed over. */
function transform(x: Tensor, t: Transform): Tensor {
  const { op, n, from, to } = t;
  const lead = x.shape.slice(0, x.ndim - (from.real ? 1 : 2));
  const rows = sizeOf(lead);
  const m = isSmooth(n) ? n : convolved(2 * n - 1);
  const bytes = m === n ? 80 * m : 96 * m + 16 * n;
  const out = withContiguous(x, (x) => {
    const out = allocateShape(op, [...lead, to.bins, ...(to.real ? [] : [2])], "float32");
    const work = bytes > ROOM ? allocateShape(op, [bytes / 4], "float32") : null;
    const units = work === null ? Math.ceil(rows / 2) : Math.min(rows, 1);
    const [px, po, pw] = [x.address(), out.address(), work?.address() ?? 0];
    const [real, toReal] = [Number(from.real), Number(to.real)];
    const [doubled, toDoubled] = [Number(from.doubled), Number(to.doubled)];
    // One unit is all rows where they share the workspace: the kernel is told how many there are.
    const room = [n, m, from.bins, to.bins, real, toReal, doubled, toDoubled] as const;
    run(kernels.fftF32, units, px, po, pw, rows, ...room, ...f64(t.scale), Number(t.plus));
    return out;
  });
  return record(op, out, [x], {}, (dy) => [
    () => transform(dy, { ...t, plus: !t.plus, from: to, to: from }),
  ]);
}

function scaleOf(op: string, norm: FftNorm, n: number, inverse: boolean): number {
  checkWord(op, "norm", norm, ["backward", "forward", "ortho"]);
  if (norm === "ortho") return 1 / Math.sqrt(n);
  return (norm === "forward") === inverse ? 1 : 1 / n;
}

function checkComplex(op: string, x: Tensor): void {
  checkFloat(op, "x", x);
  if (x.ndim < 2 || x.shape[x.ndim - 1] !== 2) {
    misfit(op, "x must be complex, [..., 2], with at least one dim before that", x);
  }
}

function checkReal(op: string, x: Tensor): void {
  checkFloat(op, "x", x);
  if (x.ndim === 0) misfit(op, "x must have at least one dim", x);
}

/**
 * Runs a transform along a dim. Beside a real side (x of `rfft`, the result of `irfft`) the other one
 * is the half of the spectrum that determines it.
 */
function along(
  op: string,
  x: Tensor,
  options: FftOptions,
  inverse: boolean,
  real: "x" | "result" | null,
): Tensor {
  const { n: length, dim = -1, norm = "backward" } = checkOptions(op, options);
  const [fromReal, toReal] = [real === "x", real === "result"];
  if (fromReal) checkReal(op, x);
  else checkComplex(op, x);
  const ndim = x.ndim - Number(!fromReal);
  const at = checkPlace(op, "dim", dim, ndim || 1);
  const size = x.shape[at]!;
  const n = length ?? (toReal ? 2 * (size - 1) : size);
  checkInt(op, "n", n, 1, 2 ** 24);
  const scale = scaleOf(op, norm, n, inverse);
  const half = real === null ? n : Math.floor(n / 2) + 1;
  const from = { real: fromReal, bins: Math.min(fromReal ? n : half, size), doubled: toReal };
  const to = { real: toReal, bins: toReal ? n : half, doubled: false };
  return tidy(() => {
    const last = movedim(x, at, ndim - 1);
    const cut = from.bins < size ? narrow(last, ndim - 1, 0, from.bins) : last;
    const y = transform(cut, { op, n, plus: inverse, scale, from, to });
    return movedim(y, toReal ? -1 : -2, at);
  });
}

/**
 * The discrete Fourier transform along a dim: y_k = sum over j of x_j e^(-2 pi i j k / n).
 * @param x complex, [..., 2]
 * @returns complex, with n elements along the dim
 */
export function fft(x: Tensor, options: FftOptions = {}): Tensor {
  return along("fft", x, options, false, null);
}

/** The inverse of `fft`: x_j = 1/n sum over k of y_k e^(2 pi i j k / n). */
export function ifft(x: Tensor, options: FftOptions = {}): Tensor {
  return along("ifft", x, options, true, null);
}

/**
 * The transform of a real tensor: the first floor(n / 2) + 1 elements, which determine the others.
 * @param x float32, [..., n, ...]
 * @returns complex: one more dim, of size 2
 */
export function rfft(x: Tensor, options: FftOptions = {}): Tensor {
  return along("rfft", x, options, false, "x");
}

/**
 * The inverse of `rfft`. The imaginary parts of the first and (n even) the last element play no part.
 * @param x complex, [..., floor(n / 2) + 1, ..., 2]
 * @param options.n the length of the result; needed for odd ones. Default: 2 (size - 1).
 * @returns real: without the dim of size 2
 */
export function irfft(x: Tensor, options: FftOptions = {}): Tensor {
  return along("irfft", x, options, true, "result");
}

/** Two transforms, one after the other: of the dims `dims[order[0]]` and `dims[order[1]]`. */
function twice(
  op: string,
  x: Tensor,
  options: Fft2Options,
  order: readonly [0 | 1, 0 | 1],
  first: typeof fft,
  second: typeof fft,
): Tensor {
  const { s, dims = [-2, -1], norm = "backward" } = checkOptions(op, options);
  const { length } = shapeOf(op, x);
  const places = checkList(op, dims).map((d) => (d < 0 ? d + length : d));
  if (new Set(places).size !== 2 || checkList(op, s ?? dims).length !== 2) {
    throw new ValueError(op, `dims and s must be two: got ${showShape([...dims, ...(s ?? [])])}`);
  }
  const [a, b] = order.map((i) => ({ dim: dims[i], norm, ...(s && { n: s[i] }) }));
  return tidy(() => second(first(x, a), b));
}

/** `fft` along two dims. */
export function fft2(x: Tensor, options: Fft2Options = {}): Tensor {
  return twice("fft2", x, options, [1, 0], fft, fft);
}

/** `ifft` along two dims. */
export function ifft2(x: Tensor, options: Fft2Options = {}): Tensor {
  return twice("ifft2", x, options, [1, 0], ifft, ifft);
}

/** `rfft` along the last of two dims, then `fft` along the first. */
export function rfft2(x: Tensor, options: Fft2Options = {}): Tensor {
  return twice("rfft2", x, options, [1, 0], rfft, fft);
}

/** The inverse of `rfft2`. */
export function irfft2(x: Tensor, options: Fft2Options = {}): Tensor {
  return twice("irfft2", x, options, [0, 1], ifft, irfft);
}

/** A complex tensor of two real ones of one shape: [...] to [..., 2]. */
export function complex(re: Tensor, im: Tensor): Tensor {
  checkFloat("complex", "re", re);
  checkFloat("complex", "im", im);
  return stack([re, im], -1);
}

/** The real part of a complex tensor, [..., 2] to [...]: a view. */
export function real(x: Tensor): Tensor {
  checkPair("real", x);
  return select(x, -1, 0);
}

/** The imaginary part of a complex tensor, [..., 2] to [...]: a view. */
export function imag(x: Tensor): Tensor {
  checkPair("imag", x);
  return select(x, -1, 1);
}

function checkPair(op: string, x: Tensor): void {
  if (shapeOf(op, x).at(-1) !== 2) {
    misfit(op, "x must be complex, [..., 2]", x);
  }
}
