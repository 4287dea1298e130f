// Discrete Fourier transforms of any length. There is no complex dtype: a complex tensor is a float32
// tensor whose last dim has size 2, (real, imaginary), as torch.view_as_real gives it; its dims are
// counted without that last one.
import { checkFloat } from "../core/dtype.js";
import { ShapeError, ValueError } from "../core/errors.js";
import { checkDim, showShape } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { f32, run } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { withContiguous } from "./convert.js";
import { stack } from "./join.js";
import { narrow, permute, select } from "./views.js";

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
  readonly doubled?: boolean;
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

function powerOf2(least: number): number {
  let m = 1;
  while (m < least) m *= 2;
  return m;
}

/** A linear map: its derivative is its adjoint, with the sign and the two sides changed over. */
function transform(x: Tensor, t: Transform): Tensor {
  const { op, n, from, to } = t;
  const lead = x.shape.slice(0, x.ndim - (from.real ? 1 : 2));
  const rows = lead.reduce((a, b) => a * b, 1);
  const own = powerOf2(n);
  const m = own === n ? n : powerOf2(2 * n - 1);
  const bytes = own === n ? 24 * m : 40 * m + 16 * n;
  const out = withContiguous(x, (x) => {
    const out = allocateShape(op, [...lead, to.bins, ...(to.real ? [] : [2])], "float32");
    const work = bytes > ROOM ? allocateShape(op, [bytes / 4], "float32") : null;
    const units = work === null ? rows : Math.min(rows, 1);
    const [px, po, pw] = [x.address(), out.address(), work?.address() ?? 0];
    const [real, toReal] = [Number(from.real), Number(to.real)];
    const [doubled, toDoubled] = [Number(from.doubled ?? false), Number(to.doubled ?? false)];
    const [plus, scale] = [Number(t.plus), f32(t.scale)];
    // One unit is all rows where they share the workspace: the kernel is told how many there are.
    const room = [n, m, from.bins, to.bins, real, toReal, doubled, toDoubled, plus] as const;
    run(kernels.fftF32, units, px, po, pw, rows, ...room, scale);
    work?.dispose();
    return out;
  });
  return record(op, out, [x], {}, (dy) => [
    () => transform(dy, { ...t, plus: !t.plus, from: to, to: from }),
  ]);
}

function scaleOf(op: string, norm: FftNorm, n: number, inverse: boolean): number {
  if (norm === "ortho") return 1 / Math.sqrt(n);
  if (norm !== "backward" && norm !== "forward") {
    throw new ValueError(op, `norm must be backward, forward or ortho: got ${String(norm)}`);
  }
  return (norm === "forward") === inverse ? 1 : 1 / n;
}

function checkComplex(op: string, x: Tensor): void {
  checkFloat(op, "x", x);
  if (x.ndim < 2 || x.shape[x.ndim - 1] !== 2) {
    throw new ShapeError(
      op,
      `x must be complex, [..., 2], with at least one dim before that: got ${showShape(x.shape)}`,
    );
  }
}

function checkReal(op: string, x: Tensor): void {
  checkFloat(op, "x", x);
  if (x.ndim === 0) throw new ShapeError(op, "x must have at least one dim: got a scalar");
}

/** The dims in an order that has `at` at place `to`, the others as they were. */
function moved(ndim: number, at: number, to: number): number[] {
  const dims = Array.from({ length: ndim }, (_, i) => i).filter((i) => i !== at);
  dims.splice(to, 0, at);
  return dims;
}

/** Runs a transform along a dim; `pair` where x is complex, `outPair` where the result is. */
function along(
  x: Tensor,
  options: FftOptions,
  kind: { op: string; inverse: boolean; pair: boolean; outPair: boolean },
  sides: (n: number, size: number) => { from: Side; to: Side },
  length: (size: number) => number = (size) => size,
): Tensor {
  const { op, inverse, pair, outPair } = kind;
  if (pair) checkComplex(op, x);
  else checkReal(op, x);
  const ndim = x.ndim - Number(pair);
  const at = checkDim(op, options.dim ?? -1, ndim);
  const size = x.shape[at]!;
  const n = options.n ?? length(size);
  if (!Number.isInteger(n) || n < 1 || n > 2 ** 24) {
    throw new ValueError(op, `n must be an integer from 1 to 2^24: got ${n}`);
  }
  const scale = scaleOf(op, options.norm ?? "backward", n, inverse);
  const { from, to } = sides(n, size);
  return tidy(() => {
    const last = permute(x, moved(x.ndim, at, ndim - 1));
    const cut = from.bins < size ? narrow(last, ndim - 1, 0, from.bins) : last;
    const y = transform(cut, { op, n, plus: inverse, scale, from, to });
    return permute(y, moved(y.ndim, y.ndim - 1 - Number(outPair), at));
  });
}

/**
 * The discrete Fourier transform along a dim: y_k = sum over j of x_j e^(-2 pi i j k / n).
 * @param x complex, [..., 2]
 * @returns complex, with n elements along the dim
 */
export function fft(x: Tensor, options: FftOptions = {}): Tensor {
  const kind = { op: "fft", inverse: false, pair: true, outPair: true };
  return along(x, options, kind, (n, size) => ({
    from: { real: false, bins: Math.min(n, size) },
    to: { real: false, bins: n },
  }));
}

/** The inverse of `fft`: x_j = 1/n sum over k of y_k e^(2 pi i j k / n). */
export function ifft(x: Tensor, options: FftOptions = {}): Tensor {
  const kind = { op: "ifft", inverse: true, pair: true, outPair: true };
  return along(x, options, kind, (n, size) => ({
    from: { real: false, bins: Math.min(n, size) },
    to: { real: false, bins: n },
  }));
}

/**
 * The transform of a real tensor: the first floor(n / 2) + 1 elements, which determine the others.
 * @param x float32, [..., n, ...]
 * @returns complex: one more dim, of size 2
 */
export function rfft(x: Tensor, options: FftOptions = {}): Tensor {
  const kind = { op: "rfft", inverse: false, pair: false, outPair: true };
  return along(x, options, kind, (n, size) => ({
    from: { real: true, bins: Math.min(n, size) },
    to: { real: false, bins: Math.floor(n / 2) + 1 },
  }));
}

/**
 * The inverse of `rfft`. The imaginary parts of the first and (n even) the last element play no part.
 * @param x complex, [..., floor(n / 2) + 1, ..., 2]
 * @param options.n the length of the result; needed for odd ones. Default: 2 (size - 1).
 * @returns real: without the dim of size 2
 */
export function irfft(x: Tensor, options: FftOptions = {}): Tensor {
  const kind = { op: "irfft", inverse: true, pair: true, outPair: false };
  return along(
    x,
    options,
    kind,
    (n, size) => ({
      from: { real: false, bins: Math.min(Math.floor(n / 2) + 1, size), doubled: true },
      to: { real: true, bins: n },
    }),
    (size) => 2 * (size - 1),
  );
}

/** Options of each of the two passes. */
function passes({ s, dims = [-2, -1], norm = "backward" }: Fft2Options): [FftOptions, FftOptions] {
  const one = (i: 0 | 1): FftOptions => ({
    dim: dims[i],
    norm,
    ...(s === undefined ? {} : { n: s[i] }),
  });
  return [one(0), one(1)];
}

/** `fft` along two dims. */
export function fft2(x: Tensor, options: Fft2Options = {}): Tensor {
  const [first, last] = passes(options);
  return tidy(() => fft(fft(x, last), first));
}

/** `ifft` along two dims. */
export function ifft2(x: Tensor, options: Fft2Options = {}): Tensor {
  const [first, last] = passes(options);
  return tidy(() => ifft(ifft(x, last), first));
}

/** `rfft` along the last of two dims, then `fft` along the first. */
export function rfft2(x: Tensor, options: Fft2Options = {}): Tensor {
  const [first, last] = passes(options);
  return tidy(() => fft(rfft(x, last), first));
}

/** The inverse of `rfft2`. */
export function irfft2(x: Tensor, options: Fft2Options = {}): Tensor {
  const [first, last] = passes(options);
  return tidy(() => irfft(ifft(x, first), last));
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
  if (x.ndim === 0 || x.shape[x.ndim - 1] !== 2) {
    throw new ShapeError(op, `x must be complex, [..., 2]: got ${showShape(x.shape)}`);
  }
}
