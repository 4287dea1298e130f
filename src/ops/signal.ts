// Signals in short pieces: window functions, the short-time Fourier transform and its inverse.
import { ValueError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import { expectFloats, checkNumber, checkInt, misfit, checkOptions } from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, square, sub } from "./arithmetic.js";
import { item } from "./convert.js";
import { arange, full, ones, zerosLike } from "./creation.js";
import { fft, irfft, rfft } from "./fft.js";
import { fold, unfold } from "./fold.js";
import { cat, stack } from "./join.js";
import { abs, clamp, cos } from "./math.js";
import { pad } from "./padding.js";
import { amin } from "./reduce.js";
import { expand, narrow, reshape, transpose, unsqueeze } from "./views.js";

/** The longest window, and the longest frame: as far as `fft` goes. */
const MOST = 2 ** 24;

export interface WindowOptions {
  /** For transforms: as if the window went on with its first element. Default: true. */
  periodic?: boolean;
}

/** A window from i / N for i = 0 ... n - 1, where N is n, or n - 1 for a symmetric one. */
function windowOf(
  op: string,
  n: number,
  options: WindowOptions,
  shape: (at: Tensor) => Tensor,
): Tensor {
  checkOptions(op, options);
  checkInt(op, "the length", n, 0, MOST);
  if (n <= 1) return ones([n]);
  const N = (options.periodic ?? true) ? n : n - 1;
  return tidy(() => shape(div(arange(n, { dtype: "float32" }), N)));
}

/** cos(2 pi k i / N) */
function wave(at: Tensor, k: number): Tensor {
  return cos(mul(at, 2 * Math.PI * k));
}

/** 1/2 - 1/2 cos(2 pi i / N) */
export function hannWindow(n: number, options: WindowOptions = {}): Tensor {
  return windowOf("hannWindow", n, options, (at) => sub(0.5, mul(wave(at, 1), 0.5)));
}

/** alpha - beta cos(2 pi i / N) @param options.alpha Default: 0.54 @param options.beta Default: 0.46 */
export function hammingWindow(
  n: number,
  options: WindowOptions & { alpha?: number; beta?: number } = {},
): Tensor {
  const { alpha = 0.54, beta = 0.46 } = checkOptions("hammingWindow", options);
  return windowOf("hammingWindow", n, options, (at) => sub(alpha, mul(wave(at, 1), beta)));
}

/** 0.42 - 1/2 cos(2 pi i / N) + 0.08 cos(4 pi i / N) */
export function blackmanWindow(n: number, options: WindowOptions = {}): Tensor {
  return windowOf("blackmanWindow", n, options, (at) =>
    add(sub(0.42, mul(wave(at, 1), 0.5)), mul(wave(at, 2), 0.08)),
  );
}

/** A triangle: 1 - |2 i / N - 1| */
export function bartlettWindow(n: number, options: WindowOptions = {}): Tensor {
  return windowOf("bartlettWindow", n, options, (at) => sub(1, abs(sub(mul(at, 2), 1))));
}

/** I0(sqrt(z)) of z = x^2, the modified Bessel function: the sum of (z / 4)^k / k!^2. */
function besselI0(z: Tensor, terms: number): Tensor {
  const quarter = mul(z, 0.25);
  let total = full(z.shape, 1);
  // Horner's scheme: 1 + q/1 (1 + q/4 (1 + q/9 (...)))
  for (let k = terms; k > 0; k--) total = add(mul(mul(quarter, 1 / (k * k)), total), 1);
  return total;
}

/** I0(beta sqrt(1 - (2 i / N - 1)^2)) / I0(beta) (Kaiser, 1974). @param options.beta Default: 12 */
export function kaiserWindow(n: number, options: WindowOptions & { beta?: number } = {}): Tensor {
  const { beta = 12 } = checkOptions("kaiserWindow", options);
  checkNumber("kaiserWindow", "beta", beta, 0, 80);
  const terms = 20 + Math.ceil(2 * beta);
  return windowOf("kaiserWindow", n, options, (at) => {
    const z = mul(clamp(sub(1, square(sub(mul(at, 2), 1))), 0), beta * beta);
    return div(besselI0(z, terms), besselI0(full([], beta * beta), terms));
  });
}

/** k / (n d) for k = 0, 1, ..., -2, -1: the frequencies of the elements of `fft`. @param d Default: 1 */
export function fftfreq(n: number, d = 1): Tensor {
  checkInt("fftfreq", "the length", n, 1, MOST);
  checkNumber("fftfreq", "d", d);
  const positive = Math.floor((n + 1) / 2);
  return tidy(() => {
    const ks = cat([arange(positive), arange(positive - n, 0)]);
    return div(ks, n * d);
  });
}

/** k / (n d) for k = 0 ... n / 2: the frequencies of the elements of `rfft`. @param d Default: 1 */
export function rfftfreq(n: number, d = 1): Tensor {
  checkInt("rfftfreq", "the length", n, 1, MOST);
  checkNumber("rfftfreq", "d", d);
  return tidy(() => div(arange(Math.floor(n / 2) + 1), n * d));
}

export interface StftOptions {
  /** Samples from one frame to the next. Default: floor(nFft / 4). */
  hopLength?: number;
  /** Length of the window, which is padded to nFft on both sides. Default: nFft. */
  winLength?: number;
  /** [winLength]. Default: ones. */
  window?: Tensor | null;
  /** Frames are centred on their time: the signal is padded by nFft / 2. Default: true. */
  center?: boolean;
  /** Times 1 / sqrt(nFft). Default: false. */
  normalized?: boolean;
  /** Only the floor(nFft / 2) + 1 frequencies that determine the others. Default: true. */
  onesided?: boolean;
}

/** The window, [nFft], zeros on both sides where it is shorter. */
function paddedWindow(op: string, nFft: number, options: StftOptions): Tensor {
  const { winLength = nFft, window = null } = options;
  checkInt(op, "winLength", winLength, 1, nFft);
  expectFloats(op, "window", window, [winLength]);
  const left = Math.floor((nFft - winLength) / 2);
  return pad(window ?? ones([winLength]), [left, nFft - winLength - left]);
}

function checkStft(op: string, x: Tensor, nFft: number, hop: number): void {
  checkFloat(op, "x", x);
  checkInt(op, "nFft", nFft, 1, MOST);
  checkInt(op, "hopLength", hop, 1);
}

/**
 * The short-time Fourier transform: spectra of overlapping frames.
 * @param x [L] or [B, L]
 * @param nFft samples in a frame
 * @param options.padMode how `center` pads. Default: "reflect".
 * @returns complex: [F, frames, 2] or [B, F, frames, 2], F = floor(nFft / 2) + 1 or (not onesided) nFft
 */
export function stft(
  x: Tensor,
  nFft: number,
  options: StftOptions & { padMode?: "constant" | "reflect" | "replicate" | "circular" } = {},
): Tensor {
  const {
    center = true,
    normalized = false,
    onesided = true,
    padMode = "reflect",
  } = checkOptions("stft", options);
  const hop = options.hopLength ?? Math.floor(nFft / 4);
  checkStft("stft", x, nFft, hop);
  const length = (x.shape.at(-1) ?? 0) + (center ? 2 * Math.floor(nFft / 2) : 0);
  if (x.ndim < 1 || x.ndim > 2 || length < nFft) {
    misfit("stft", `x must be [L] or [B, L] with at least one frame of ${nFft}`, x);
  }
  return tidy(() => {
    const window = paddedWindow("stft", nFft, options);
    const batch = reshape(x, [-1, 1, x.shape.at(-1)!]);
    const edge = Math.floor(nFft / 2);
    const padded = center ? pad(batch, [edge, edge], { mode: padMode }) : batch;
    const frames = unfold(unsqueeze(padded, 2), [1, nFft], { stride: [1, hop] });
    const norm = normalized ? "ortho" : "backward";
    const rows = mul(transpose(frames, 1, 2), window);
    const spectra = onesided
      ? rfft(rows, { norm })
      : fft(stack([rows, zerosLike(rows)], -1), { norm });
    const out = transpose(spectra, 1, 2);
    return x.ndim === 1 ? reshape(out, out.shape.slice(1)) : out;
  });
}

/** Frames [B, frames, nFft], each `hop` behind the last one, added up: [B, whole]. */
function addFrames(x: Tensor, whole: number, hop: number): Tensor {
  const [B, , nFft] = x.shape as [number, number, number];
  const y = fold(transpose(x, 1, 2), [1, whole], [1, nFft], { stride: [1, hop] });
  return reshape(y, [B, whole]);
}

/**
 * The signal whose `stft` with the same options is nearest to `x`: the frames' inverse transforms,
 * weighted with the window, added up and divided by what the squared windows add up to.
 * @param x complex, [F, frames, 2] or [B, F, frames, 2]
 * @param options.length of the signal. Default: what the frames cover.
 * @throws ValueError where the windows leave a sample uncovered
 */
export function istft(
  x: Tensor,
  nFft: number,
  options: StftOptions & { length?: number } = {},
): Tensor {
  const {
    center = true,
    normalized = false,
    onesided = true,
    length,
  } = checkOptions("istft", options);
  const hop = options.hopLength ?? Math.floor(nFft / 4);
  checkStft("istft", x, nFft, hop);
  const F = onesided ? Math.floor(nFft / 2) + 1 : nFft;
  if (x.ndim < 3 || x.ndim > 4 || x.shape[x.ndim - 3] !== F || x.shape[x.ndim - 1] !== 2) {
    misfit("istft", `x must be [${F}, frames, 2] or [B, ${F}, frames, 2]`, x);
  }
  const frames = x.shape[x.ndim - 2]!;
  const whole = nFft + hop * (frames - 1);
  const skip = center ? Math.floor(nFft / 2) : 0;
  if (length !== undefined) checkInt("istft", "length", length, 1, 2 ** 28);
  const end = length === undefined ? whole - skip : Math.min(skip + length, whole);
  if (frames < 1 || end <= skip) misfit("istft", "x must have frames that hold a sample", x);
  return tidy(() => {
    const window = paddedWindow("istft", nFft, options);
    const spectra = transpose(reshape(x, [-1, F, frames, 2]), 1, 2);
    const norm = normalized ? "ortho" : "backward";
    // As in PyTorch the half that determines the others is enough of a two-sided spectrum, too.
    const half = narrow(spectra, 2, 0, Math.floor(nFft / 2) + 1);
    const rows = irfft(half, { n: nFft, norm });
    const addUp = (t: Tensor): Tensor => narrow(addFrames(t, whole, hop), 1, skip, end - skip);
    const covered = addUp(expand(square(window), [1, frames, nFft]));
    if (!(item(amin(detach(covered))) > 1e-11)) {
      throw new ValueError("istft", "the windows must cover every sample: some lie in no window");
    }
    const y = div(addUp(mul(rows, window)), covered);
    const missing = length === undefined ? 0 : length - (end - skip);
    const out = missing > 0 ? pad(y, [0, missing]) : y;
    return x.ndim === 3 ? reshape(out, [-1]) : out;
  });
}
