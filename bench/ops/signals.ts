// Pools and resampling of feature maps [8, 64, 28, 28]; Fourier transforms of 0.5M complex numbers
// (5 n log2 n operations, half as many for real ones).
import * as sg from "simdgrad";
import { images, N, pixels, sounds, square, volumes, voxels } from "./inputs.js";
import { bytes, each, eachFlops, flops, type Jobs } from "./job.js";

const pooled1 = sg.maxPool1d(sounds, 2, { returnIndices: true });
const pooled2 = sg.maxPool2d(images, 2, { returnIndices: true });
const pooled3 = sg.maxPool3d(volumes, 2, { returnIndices: true });

// Halves each dim.
const pools: Jobs = {
  ...each(["avgPool1d", "maxPool1d"], 1.5 * pixels, sounds, 2),
  ...each(["avgPool2d", "maxPool2d"], 1.25 * pixels, images, 2),
  ...each(["avgPool3d", "maxPool3d"], 1.125 * voxels, volumes, 2),
  ...each(["adaptiveAvgPool1d", "adaptiveMaxPool1d"], 1.5 * pixels, sounds, 392),
  ...each(["adaptiveAvgPool2d", "adaptiveMaxPool2d"], 1.25 * pixels, images, 14),
  ...each(["adaptiveAvgPool3d", "adaptiveMaxPool3d"], 1.125 * voxels, volumes, 8),
  lpPool1d: bytes(1.5 * pixels, () => sg.lpPool1d(sounds, 2, 2)),
  lpPool2d: bytes(1.25 * pixels, () => sg.lpPool2d(images, 2, 2)),
  maxUnpool1d: bytes(2 * pixels, () => sg.maxUnpool1d(pooled1.values, pooled1.indices, 2)),
  maxUnpool2d: bytes(1.5 * pixels, () => sg.maxUnpool2d(pooled2.values, pooled2.indices, 2)),
  maxUnpool3d: bytes(1.25 * voxels, () => sg.maxUnpool3d(pooled3.values, pooled3.indices, 2)),
};

const turned = sg.tensor([[0.8, -0.6, 0.1], [0.6, 0.8, 0]]).expand([8, 2, 3]); // prettier-ignore
const grid = sg.affineGrid(turned, [8, 64, 28, 28]);
const large = turned.narrow(0, 0, 2);

const samples: Jobs = {
  affineGrid: bytes(4 * N, () => sg.affineGrid(large, [2, 1, 512, 512])),
  gridSample: bytes(2 * pixels + 4 * grid.numel(), () => sg.gridSample(images, grid)),
  interpolate: bytes(5 * pixels, () =>
    sg.interpolate(images, { scaleFactor: 2, mode: "bilinear" }),
  ),
};

const complex = square.reshape([512, 1024, 2]);
const [half, half2] = [sg.rfft(square), sg.rfft2(square)];
const waves = square.reshape([16, 65536]);
const frames = 16 * (65536 / 128 + 1);
const window = sg.hannWindow(512);
const spectrum = sg.stft(waves, 512, { window });

const transforms: Jobs = {
  ...eachFlops(["fft", "ifft"], 512 * 5 * 1024 * 10, complex),
  rfft: flops(1024 * 2.5 * 1024 * 10, () => sg.rfft(square)),
  irfft: flops(1024 * 2.5 * 1024 * 10, () => sg.irfft(half)),
  ...eachFlops(["fft2", "ifft2"], (5 * N * 19) / 2, complex),
  rfft2: flops(2.5 * N * 20, () => sg.rfft2(square)),
  irfft2: flops(2.5 * N * 20, () => sg.irfft2(half2)),
  stft: flops(frames * 2.5 * 512 * 9, () => sg.stft(waves, 512, { window })),
  istft: flops(frames * 2.5 * 512 * 9, () => sg.istft(spectrum, 512, { window })),
};

export const signals: Jobs = { ...pools, ...samples, ...transforms };
