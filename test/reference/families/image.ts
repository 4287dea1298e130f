// Reference rows of interpolation, sampling, folding, Fourier transforms.
import * as sg from "../../../src/index.js";
import { EXACT, LAYERS, SUMS } from "../fixtures.js";
import { type ReferenceFamily, rows } from "../row.js";

interface Args {
  readonly options: never;
  readonly n: number;
  readonly d: number;
  readonly nFft: number;
  readonly size: number[];
  readonly kernel: number;
  readonly r: number;
}

/** The dims of a two-dimensional transform have another name in PyTorch. */
const two = ({ options }: Args): sg.Fft2Options => {
  const { dim, ...rest } = (options ?? {}) as { dim?: [number, number] };
  return dim === undefined ? rest : { ...rest, dims: dim };
};

const framed = (options: object | undefined, window: sg.Tensor | undefined): never =>
  ({ ...options, ...(window === undefined ? {} : { window }) }) as never;

export const image: ReferenceFamily = {
  fixtures: ["fft", "signal", "interpolate", "image"],
  rows: {
    ...rows<Args>(SUMS, SUMS, {
      fft: ([x], a) => sg.fft(x, a.options),
      ifft: ([x], a) => sg.ifft(x, a.options),
      rfft: ([x], a) => sg.rfft(x, a.options),
      irfft: ([x], a) => sg.irfft(x, a.options),
      fft2: ([x], a) => sg.fft2(x, two(a)),
      ifft2: ([x], a) => sg.ifft2(x, two(a)),
      rfft2: ([x], a) => sg.rfft2(x, two(a)),
      irfft2: ([x], a) => sg.irfft2(x, two(a)),
      stft: ([x, w], a) => sg.stft(x, a.nFft, framed(a.options, w)),
      istft: ([x, w], a) => sg.istft(x, a.nFft, framed(a.options, w)),
      interpolate: ([x], a) => sg.interpolate(x, a.options),
      affineGrid: ([theta], a) => sg.affineGrid(theta, a.size, a.options),
      fold: ([x], a) => sg.fold(x, a.size as never, a.kernel, a.options),
      fftfreq: (_, a) => sg.fftfreq(a.n, a.d),
      rfftfreq: (_, a) => sg.rfftfreq(a.n, a.d),
      hannWindow: (_, a) => sg.hannWindow(a.n, a.options),
      hammingWindow: (_, a) => sg.hammingWindow(a.n, a.options),
      blackmanWindow: (_, a) => sg.blackmanWindow(a.n, a.options),
      bartlettWindow: (_, a) => sg.bartlettWindow(a.n, a.options),
      kaiserWindow: (_, a) => sg.kaiserWindow(a.n, a.options),
    }),
    // Coordinates are rounded to float32: 1e-7 of the image, which a cubic's slope multiplies.
    ...rows<Args>(LAYERS, LAYERS, {
      gridSample: ([x, grid], a) => sg.gridSample(x, grid, a.options),
    }),
    ...rows<Args>(EXACT, SUMS, {
      complex: ([re, im]) => sg.complex(re, im),
      real: ([x]) => sg.real(x),
      imag: ([x]) => sg.imag(x),
      unfoldColumns: ([x], a) => sg.unfold(x, a.kernel, a.options),
      pixelShuffle: ([x], a) => sg.pixelShuffle(x, a.r),
      pixelUnshuffle: ([x], a) => sg.pixelUnshuffle(x, a.r),
      channelShuffle: ([x], a) => sg.channelShuffle(x, a.r),
    }),
  },
  modules: ["image-layers"],
};
