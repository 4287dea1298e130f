// The tests' rows of interpolation, sampling, folding, Fourier transforms.
import * as sg from "../../../src/index.js";
import { type Family, on, type Table } from "../case.js";
import { E, type Edges } from "../edge.js";
import { any, fixed, positive, unit } from "../inputs.js";
import { layer } from "../layer.js";
import { badDim, dtype, f, type Refusals, shape, value } from "../refusal.js";

const { nn } = sg;

const twoGrids = sg.ones([2, 3, 2, 2]);
const volume = sg.ones([1, 1, 2, 2, 2]);
const points = sg.ones([1, 2, 2, 2, 3]);
const noRows = sg.ones([1, 2, 0, 4]);
const oneFrame = sg.ones([3, 1, 2]);
const fiveColumns = sg.ones([2, 4, 5]);

const transforms: Table = {
  fft: [on([any(2, 3, 2)]), on([any(4, 2, 2)], ([x]) => [x, { dim: 0, n: 3, norm: "ortho" }])],
  ifft: [on([any(5, 2)]), on([any(2, 3, 2)], ([x]) => [x, { n: 4 }])],
  rfft: [on([any(2, 5)]), on([any(4, 2)], ([x]) => [x, { dim: 0, norm: "forward" }])],
  irfft: [on([any(2, 3, 2)]), on([any(3, 2)], ([x]) => [x, { n: 5 }])],
  fft2: [on([any(2, 3, 2)])],
  ifft2: [on([any(2, 3, 2)], ([x]) => [x, { norm: "ortho" }])],
  rfft2: [on([any(2, 3)], ([x]) => [x, { s: [3, 2] }])],
  irfft2: [on([any(2, 3, 2)])],
  complex: [on([any(2, 3), any(2, 3)])],
  real: [on([any(2, 3, 2)])],
  imag: [on([any(2, 3, 2)])],
  stft: [
    on([any(9)], ([x]) => [x, 4]),
    on([any(2, 8), fixed(positive(3))], ([x, window]) => [
      ...[x, 4],
      { window, winLength: 3, hopLength: 3, center: false, onesided: false },
    ]),
  ],
  istft: [
    on([any(3, 4, 2)], ([x]) => [x, 4]),
    on([any(2, 3, 3, 2), positive(4)], ([x, window]) => [x, 4, { window, hopLength: 2 }]),
  ],
};

/** Points between pixels: at a pixel the slope jumps. */
const between = (grid: sg.Tensor): sg.Tensor => sg.tidy(() => grid.mul(0.05).add(0.45));

const images: Table = {
  interpolate: [
    on([any(1, 2, 3)], ([x]) => [x, { size: 5 }]),
    on([any(1, 2, 4)], ([x]) => [x, { scaleFactor: 0.75, mode: "linear" }]),
    on([any(1, 1, 3, 2)], ([x]) => [x, { size: [2, 5], mode: "bicubic" }]),
    on([any(1, 1, 5, 4)], ([x]) => [x, { size: 2, mode: "bilinear", antialias: true }]),
  ],
  gridSample: [
    on([any(1, 2, 3, 4), unit(1, 2, 3, 2)], ([x, grid]) => [x, between(grid!)]),
    on([any(2, 1, 3, 3), unit(2, 2, 1, 2)], ([x, grid]) => [
      ...[x, between(grid!)],
      { mode: "bicubic", paddingMode: "reflection" },
    ]),
    on([any(1, 1, 3, 3), fixed(any(1, 2, 2, 2))], (x) => [...x, { mode: "nearest" }]),
  ],
  affineGrid: [on([any(2, 2, 3)], ([theta]) => [theta, [2, 1, 3, 2]])],
  fold: [
    on([any(1, 4, 6)], ([x]) => [x, [3, 4], 2]),
    on([any(4, 3)], ([x]) => [x, [1, 6], [1, 2], { stride: [1, 2] }]),
  ],
  pixelShuffle: [on([any(1, 4, 2, 3)], ([x]) => [x, 2])],
  pixelUnshuffle: [on([any(1, 1, 2, 4)], ([x]) => [x, 2])],
  channelShuffle: [on([any(1, 4, 3)], ([x]) => [x, 2])],
};

const made: Table = {
  hannWindow: [on([], () => [7])],
  hammingWindow: [on([], () => [7, { periodic: false }])],
  blackmanWindow: [on([], () => [7])],
  bartlettWindow: [on([], () => [7])],
  kaiserWindow: [on([], () => [7])],
  fftfreq: [on([], () => [5])],
  rfftfreq: [on([], () => [5])],
};

const edges: Edges = {
  fft: [
    [() => sg.fft(E(0, 3, 2)), [0, 3, 2]],
    [() => sg.fft(E(2, 2), { n: 5 }), [5, 2]],
  ],
  ifft: [[() => sg.ifft(E(0, 3, 2)), [0, 3, 2]]],
  rfft: [[() => sg.rfft(E(0, 4)), [0, 3, 2]]],
  irfft: [[() => sg.irfft(E(0, 4, 2)), [0, 6]]],
  fft2: [[() => sg.fft2(E(0, 3, 4, 2)), [0, 3, 4, 2]]],
  ifft2: [[() => sg.ifft2(E(1, 1, 2)), [1, 1, 2]]],
  rfft2: [[() => sg.rfft2(E(1, 1)), [1, 1, 2]]],
  irfft2: [[() => sg.irfft2(E(0, 2, 3, 2)), [0, 2, 4]]],
  complex: [
    [() => sg.complex(E(), E()), [2]],
    [() => sg.complex(E(0), E(0)), [0, 2]],
  ],
  real: [[() => sg.real(E(2)), []]],
  imag: [[() => sg.imag(E(0, 2)), [0]]],
  stft: [[() => sg.stft(E(0, 8), 4), [0, 3, 9, 2]]],
  istft: [[() => sg.istft(E(1, 3, 5, 2), 4), [1, 4]]],
  interpolate: [[() => sg.interpolate(E(0, 2, 3), { size: 4 }), [0, 2, 4]]],
  gridSample: [
    [() => sg.gridSample(E(0, 2, 3, 3), E(0, 2, 2, 2)), [0, 2, 2, 2]],
    [() => sg.gridSample(E(1, 2, 3, 3), E(1, 0, 2, 2)), [1, 2, 0, 2]],
    [() => sg.gridSample(E(0, 2, 3, 3, 1), E(0, 1, 2, 2, 3)), [0, 2, 1, 2, 2]],
  ],
  affineGrid: [
    [() => sg.affineGrid(E(0, 2, 3), [0, 1, 3, 2]), [0, 3, 2, 2]],
    [() => sg.affineGrid(sg.ones([1, 2, 3]), [1, 1, 0, 2]), [1, 0, 2, 2]],
  ],
  fold: [[() => sg.fold(E(0, 4, 6), [3, 4], 2), [0, 1, 3, 4]]],
  pixelShuffle: [[() => sg.pixelShuffle(E(0, 4, 2, 3), 2), [0, 1, 4, 6]]],
  pixelUnshuffle: [[() => sg.pixelUnshuffle(E(0, 1, 2, 4), 2), [0, 4, 1, 2]]],
  channelShuffle: [[() => sg.channelShuffle(E(0, 4, 2), 2), [0, 4, 2]]],
  hannWindow: [
    [() => sg.hannWindow(0), [0]],
    [() => sg.hannWindow(1), [1]],
  ],
  hammingWindow: [[() => sg.hammingWindow(1), [1]]],
  blackmanWindow: [[() => sg.blackmanWindow(1), [1]]],
  bartlettWindow: [[() => sg.bartlettWindow(1), [1]]],
  kaiserWindow: [[() => sg.kaiserWindow(0), [0]]],
  fftfreq: [[() => sg.fftfreq(1), [1]]],
  rfftfreq: [[() => sg.rfftfreq(1), [1]]],
};

const windows = (op: (n: number) => unknown): Refusals[string] => [
  value(/the length must be an integer in \[0, 16777216\]: got -1/, () => op(-1)),
  value(/the length must be an integer in \[0, 16777216\]: got 1.5/, () => op(1.5)),
];
const complexOnly = (op: (x: sg.Tensor) => unknown): Refusals[string] => [
  shape(/x must be complex, \[..., 2\].*: got \[2,3\]/, () => op(f.m23)),
];

const refusals: Refusals = {
  fft: [
    ...complexOnly(sg.fft),
    ...badDim((_, dim) => sg.fft(f.pairs, { dim })),
    value(/n must be an integer in \[1, 16777216\]: got 0/, () => sg.fft(f.pairs, { n: 0 })),
    value(/norm must be .*: got "sum"/, () => sg.fft(f.pairs, { norm: "sum" as never })),
  ],
  ifft: complexOnly(sg.ifft),
  rfft: [
    dtype(/x must be float32: got int32/, () => sg.rfft(f.int3)),
    shape(/at least one dim: got \[\]/, () => sg.rfft(f.scalar)),
  ],
  irfft: [
    ...complexOnly(sg.irfft),
    value(/n must be an integer in \[1, 16777216\]: got 0/, () => sg.irfft(f.onePair)),
  ],
  fft2: complexOnly(sg.fft2),
  ifft2: complexOnly(sg.ifft2),
  rfft2: [dtype(/x must be float32: got int32/, () => sg.rfft2(f.int23))],
  irfft2: complexOnly(sg.irfft2),
  complex: [
    dtype(/re must be float32: got int32/, () => sg.complex(f.int3, f.v3)),
    shape(/./, () => sg.complex(f.v3, f.v5)),
  ],
  real: complexOnly(sg.real),
  imag: complexOnly(sg.imag),
  stft: [
    value(/nFft must be an integer in \[1, 16777216\]: got 0/, () => sg.stft(f.v5, 0)),
    value(/hopLength must be an integer >= 1: got 0/, () => sg.stft(f.v5, 4, { hopLength: 0 })),
    value(/winLength must be an integer in \[1, 4\]: got 5/, () =>
      sg.stft(f.v5, 4, { winLength: 5 }),
    ),
    shape(/at least one frame of 8: got \[5\]/, () => sg.stft(f.v5, 8, { center: false })),
    shape(/window must be \[4\]: got \[3\]/, () => sg.stft(f.v5, 4, { window: f.v3 })),
  ],
  istft: [
    shape(/x must be \[3, frames, 2\] .*: got \[2,3\]/, () => sg.istft(f.m23, 4)),
    shape(/x must have frames that hold a sample: got \[3,0,2\]/, () => sg.istft(f.noFrames, 4)),
    shape(/x must have frames that hold a sample: got \[3,1,2\]/, () => sg.istft(oneFrame, 4)),
    value(/length must be an integer in .*: got 0/, () => sg.istft(oneFrame, 4, { length: 0 })),
  ],
  interpolate: [
    value(/takes either size or scaleFactor/, () => sg.interpolate(f.images, {})),
    value(/takes either/, () => sg.interpolate(f.images, { size: 3, scaleFactor: 2 })),
    shape(/only N may be 0: got \[1,2,0,4\]/, () => sg.interpolate(noRows, { size: 3 })),
    value(/must give 2 sizes >= 1: got 0/, () => sg.interpolate(f.images, { size: 0 })),
    value(/must give 2 sizes >= 1: got 1,2,3/, () => sg.interpolate(f.images, { size: [1, 2, 3] })),
    value(/mode must be .*: got "cubic"/, () =>
      sg.interpolate(f.images, { size: 3, mode: "cubic" as never }),
    ),
    shape(/x must have 3 dims for linear.*: got \[1,2,4,4\]/, () =>
      sg.interpolate(f.images, { size: 3, mode: "linear" }),
    ),
    value(/alignCorners is not for mode nearest/, () =>
      sg.interpolate(f.images, { size: 3, alignCorners: true }),
    ),
    value(/alignCorners is not for mode area/, () =>
      sg.interpolate(f.images, { size: 3, mode: "area", alignCorners: true }),
    ),
    value(/antialias is for bilinear and bicubic: got nearest/, () =>
      sg.interpolate(f.images, { size: 3, antialias: true }),
    ),
  ],
  gridSample: [
    shape(/got \[1,2,4,4\] and \[2,3,2,2\]/, () => sg.gridSample(f.images, twoGrids)),
    shape(/got \[1,2,4,4\] and \[1,2,4,4\]/, () => sg.gridSample(f.images, f.images)),
    shape(/got \[1,2,0,4\] and/, () => sg.gridSample(noRows, f.grid)),
    shape(/got \[1,2,4,4\] and \[2,3\]/, () => sg.gridSample(f.images, f.m23)),
    value(/mode must be .*: got "cubic"/, () =>
      sg.gridSample(f.grid, f.grid, { mode: "cubic" as never }),
    ),
    shape(/takes .* or volumes and 3: got \[2,3,4\] and \[2,3,4\]/, () =>
      sg.gridSample(f.cube, f.cube),
    ),
    shape(/got \[1,1,2,2,2\] and \[1,1,2,2,2\]/, () => sg.gridSample(volume, volume)),
    value(/mode must be bilinear or nearest: got "bicubic"/, () =>
      sg.gridSample(volume, points, { mode: "bicubic" }),
    ),
    value(/paddingMode must be .*: got "wrap"/, () =>
      sg.gridSample(f.grid, f.grid, { paddingMode: "wrap" as never }),
    ),
  ],
  affineGrid: [
    shape(/for a size .* of \[2,1,2,2\]: got \[2,3,4\]/, () => sg.affineGrid(f.cube, [2, 1, 2, 2])),
    shape(/of \[1,1,2,2\]: got \[2,3\]/, () => sg.affineGrid(f.m23, [1, 1, 2, 2])),
  ],
  fold: [
    shape(/x must be \[N, C 4, 6\] for such windows: got \[2,3,4\]/, () =>
      sg.fold(f.cube, [3, 4], 2),
    ),
    shape(/x must be \[N, C 4, 6\].*: got \[2,4,5\]/, () => sg.fold(fiveColumns, [3, 4], 2)),
    shape(/x must be \[N, C 4, 4\].*: got \[2,3,4\]/, () => sg.fold(f.cube, 3, 2)),
    value(/kernelSize must be one or two integers >= 1: got 0/, () => sg.fold(f.cube, 3, 0)),
  ],
  pixelShuffle: [
    value(/the factor must be an integer >= 1: got 0/, () => sg.pixelShuffle(f.images, 0)),
    shape(/x must be \[\.\.\., C r r, H, W\]: got \[1,2,4,4\], 2/, () =>
      sg.pixelShuffle(f.images, 2),
    ),
  ],
  pixelUnshuffle: [
    shape(/x must be \[\.\.\., C, H r, W r\]/, () => sg.pixelUnshuffle(f.images, 3)),
    shape(/x must be \[\.\.\., C, H r, W r\]: got \[2,4\], 2/, () => sg.pixelUnshuffle(f.m24, 2)),
    shape(/x must be \[\.\.\., C, H r, W r\]: got \[2,3,4\], 3/, () =>
      sg.pixelUnshuffle(f.cube, 3),
    ),
  ],
  channelShuffle: [
    shape(/x must be \[N, C groups, \.\.\.\]/, () => sg.channelShuffle(f.images, 3)),
  ],
  hannWindow: windows(sg.hannWindow),
  hammingWindow: windows(sg.hammingWindow),
  blackmanWindow: windows(sg.blackmanWindow),
  bartlettWindow: windows(sg.bartlettWindow),
  kaiserWindow: [
    ...windows(sg.kaiserWindow),
    value(/beta must be a number in \[0, 80\]: got -1/, () => sg.kaiserWindow(3, { beta: -1 })),
  ],
  fftfreq: [value(/the length must be an integer in \[1, 16777216\]: got 0/, () => sg.fftfreq(0))],
  rfftfreq: [
    value(/the length must be an integer in \[1, 16777216\]: got 0/, () => sg.rfftfreq(0)),
  ],
};

export const image: Family = {
  differentiable: { ...transforms, ...images },
  underivable: made,
  functionsOnly: [...Object.keys(transforms), ...Object.keys(images)],
  edges,
  refusals,
  spokenOf: {
    fft2: ["fft"],
    ifft2: ["ifft"],
    rfft2: ["rfft"],
    irfft2: ["ifft"],
    complex: ["complex", "stack"],
  },
  layers: {
    ChannelShuffle: layer(() => new nn.ChannelShuffle(2), any(1, 4, 3)),
    Fold: layer(() => new nn.Fold([3, 4], 2), any(1, 4, 6)),
    PixelShuffle: layer(() => new nn.PixelShuffle(2), any(1, 4, 2, 3)),
    PixelUnshuffle: layer(() => new nn.PixelUnshuffle(2), any(1, 1, 2, 4)),
    Unfold: layer(() => new nn.Unfold(2), any(1, 2, 3, 4)),
    UpsamplingBilinear2d: layer(
      () => new nn.UpsamplingBilinear2d({ scaleFactor: 2 }),
      any(1, 1, 2, 3),
    ),
    UpsamplingNearest2d: layer(() => new nn.UpsamplingNearest2d({ size: 5 }), any(1, 1, 2, 3)),
    Upsample: layer(() => new nn.Upsample({ scaleFactor: 2, mode: "bilinear" }), any(1, 1, 2, 3)),
  },
};
