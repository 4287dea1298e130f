// Reference rows of creation, views and movement, random numbers.
import * as sg from "../../../src/index.js";
import { EXACT, LAYERS, SUMS } from "../fixtures.js";
import { type ReferenceFamily, rows } from "../row.js";

interface Args {
  readonly options: never;
  readonly base: number;
  readonly cols: number;
  readonly destination: number | number[];
  readonly dim: number;
  readonly dim0: number;
  readonly dim1: number;
  readonly dims: number | number[];
  readonly end: number;
  readonly indexing: "ij" | "xy";
  readonly k: number;
  readonly offset: number;
  readonly padding: number[];
  readonly repeats: number;
  readonly rows: number;
  readonly sections: number | number[];
  readonly shape: number[];
  readonly shifts: number | number[];
  readonly size: number & number[];
  readonly sizes: number[];
  readonly source: number | number[];
  readonly start: number;
  readonly step: number;
  readonly steps: number;
  readonly stride: number[];
}

// What only moves elements: the same bits. Gradients add up where elements appear more than once.
const moved = rows<Args>(EXACT, SUMS, {
  asStrided: ([x], a) => sg.asStrided(x, a.size, a.stride, a.start),
  asStridedOfTransposed: ([x], a) => x.t().asStrided(a.size, a.stride, a.start),
  asStridedOfExpanded: ([x], a) => x.expand([2, 3]).asStrided(a.size, a.stride, a.start),
  atleast1d: ([x]) => sg.atleast1d(x),
  atleast2d: ([x]) => sg.atleast2d(x),
  atleast3d: ([x]) => sg.atleast3d(x),
  blockDiag: (x) => sg.blockDiag(x),
  broadcastTensors: (x) => sg.broadcastTensors(x),
  broadcastTo: ([x], a) => sg.broadcastTo(x, a.shape),
  cartesianProd: (x) => sg.cartesianProd(x),
  columnStack: (x) => sg.columnStack(x),
  diag: ([x], a) => sg.diag(x, a.offset),
  diagEmbed: ([x], a) => sg.diagEmbed(x, a.options),
  diagonal: ([x], a) => sg.diagonal(x, a.options),
  dsplit: ([x], a) => sg.dsplit(x, a.sections),
  dstack: (x) => sg.dstack(x),
  flip: ([x], a) => sg.flip(x, a.dims),
  fliplr: ([x]) => sg.fliplr(x),
  flipud: ([x]) => sg.flipud(x),
  hsplit: ([x], a) => sg.hsplit(x, a.sections),
  hstack: (x) => sg.hstack(x),
  meshgrid: (x, a) => sg.meshgrid(x, { indexing: a.indexing }),
  moveaxis: ([x], a) => sg.moveaxis(x, a.source, a.destination),
  movedim: ([x], a) => sg.movedim(x, a.source, a.destination),
  pad: ([x], a) => sg.pad(x, a.padding, a.options),
  repeat: ([x], a) => sg.repeat(x, a.sizes),
  repeatInterleave: ([x, counts], a) => sg.repeatInterleave(x, counts ?? a.repeats, a.dim),
  roll: ([x], a) => sg.roll(x, a.shifts, a.dims),
  rot90: ([x], a) => sg.rot90(x, a.k, a.dims as [number, number]),
  squeezeDims: ([x], a) => sg.squeeze(x, a.dims),
  swapaxes: ([x], a) => sg.swapaxes(x, a.dim0, a.dim1),
  tensorSplit: ([x], a) => sg.tensorSplit(x, a.sections, a.dim),
  tile: ([x], a) => sg.tile(x, a.sizes),
  tril: ([x], a) => sg.tril(x, a.offset),
  trilIndices: (_, a) => sg.trilIndices(a.rows, a.cols, a.offset),
  triu: ([x], a) => sg.triu(x, a.offset),
  triuIndices: (_, a) => sg.triuIndices(a.rows, a.cols, a.offset),
  unflatten: ([x], a) => sg.unflatten(x, a.dim, a.sizes),
  unfold: ([x], a) => sg.unfold(x, a.dim, a.size, a.step),
  viewOfPermuted: ([x], a) => x.permute([1, 2, 0]).view(a.shape),
  vsplit: ([x], a) => sg.vsplit(x, a.sections),
  vstack: (x) => sg.vstack(x),
});

// The exponent is rounded to float32 before the power is taken, as in PyTorch's float32.
const spaced = rows<Args>({ relative: 1e-6, absolute: 0 }, SUMS, {
  logspace: (_, a) => sg.logspace(a.start, a.end, a.steps, a.base),
});

const squares = rows<Args>(LAYERS, LAYERS, {
  padThenSquare: ([x], a) => sg.pad(x, a.padding, a.options).square(),
});

export const views: ReferenceFamily = {
  fixtures: ["views", "moves", "pads"],
  rows: { ...moved, ...spaced, ...squares },
  modules: ["padding"],
};
