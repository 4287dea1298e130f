// The operands that the tables share: 1M elements (4 MB of float32), flat or as 1024 rows of 1024.
import * as sg from "simdgrad";

export const N = 1 << 20;

/** Between 0.1 and 0.9: every elementary function is defined there. */
export const flat = sg.rand([N]).mul(0.8).add(0.1);
export const flat2 = sg.rand([N]).mul(0.8).add(0.1);
export const square = flat.reshape([1024, 1024]);
export const square2 = flat2.reshape([1024, 1024]);
export const row = square.select(0, 0);

/** Whole numbers from 0 to 1023. */
export const whole = sg.randint(0, 1024, [N]);
export const squareInts = whole.reshape([1024, 1024]);
export const rowInts = squareInts.select(0, 0);

/** About half of them true. */
export const half = square.gt(0.5);

/** 1 or -1. */
export const signs = sg.randint(0, 2, [N], { dtype: "float32" }).mul(2).sub(1);

/** 1024 boundaries in order. */
export const sorted = sg.linspace(0, 1, 1024);

/** A batch of feature maps, and the same as sequences. */
export const images = sg.randn([8, 64, 28, 28]);
export const sounds = images.flatten(2);
export const pixels = 4 * images.numel();

/** A batch of volumes. */
export const volumes = sg.randn([2, 16, 16, 16, 16]);
export const voxels = 4 * volumes.numel();
