// What moves elements: joins, copies, indexing. 1M elements, by rows of 1024 where there are rows.
import * as sg from "simdgrad";
import {
  flat,
  flat2,
  half,
  images,
  N,
  pixels,
  row,
  rowInts,
  square,
  square2,
  squareInts,
  whole,
} from "./inputs.js";
import { bytes, each, type Jobs } from "./job.js";

const block = square.narrow(0, 0, 512);
const heads = sg.randn([8, 4, 256, 64]);
const windows = sg.unfold(images, 3, { padding: 1 });
/** 1024 bags of 16 rows. */
const bags = squareInts.narrow(1, 0, 16);

const joins: Jobs = {
  ...each(["cat", "columnStack", "dstack", "hstack", "stack", "vstack"], 16 * N, [square, square2]),
  // Each half a matrix of the result's 2048 columns.
  blockDiag: bytes(12 * N, () => sg.blockDiag([block, block])),
  cartesianProd: bytes(8 * N, () => sg.cartesianProd([row, row])),
  complex: bytes(16 * N, () => sg.complex(flat, flat2)),
};

const copies: Jobs = {
  contiguous: bytes(8 * N, () => sg.contiguous(square.t())),
  channelShuffle: bytes(2 * pixels, () => sg.channelShuffle(images, 8)),
  ...each(["diag", "diagEmbed"], 4 * N, row),
  flip: bytes(8 * N, () => sg.flip(flat, 0)),
  ...each(["fliplr", "flipud", "rot90", "tril", "triu"], 8 * N, square),
  fold: bytes(10 * pixels, () => sg.fold(windows, 28, 3, { padding: 1 })),
  pad: bytes(8 * N, () => sg.pad(square, [1, 1, 1, 1])),
  pixelShuffle: bytes(2 * pixels, () => sg.pixelShuffle(images, 2)),
  pixelUnshuffle: bytes(2 * pixels, () => sg.pixelUnshuffle(images, 2)),
  ...each(["repeat", "tile"], 12 * N, square, [2, 1]),
  repeatInterleave: bytes(12 * N, () => sg.repeatInterleave(square, 2, 0)),
  roll: bytes(8 * N, () => sg.roll(square, 5, 1)),
  rotaryEmbedding: bytes(8 * heads.numel(), () => sg.rotaryEmbedding(heads)),
  unfold: bytes(10 * pixels, () => sg.unfold(images, 3, { padding: 1 })),
};

const readings: Jobs = {
  at: bytes(8 * N, () => sg.at(square, rowInts)),
  embedding: bytes(8 * N, () => sg.embedding(rowInts, square)),
  embeddingBag: bytes(4 * 17 * N, () => sg.embeddingBag(bags, square)),
  gather: bytes(12 * N, () => sg.gather(square, 1, squareInts)),
  indexSelect: bytes(8 * N, () => sg.indexSelect(square, 0, rowInts)),
  maskedSelect: bytes(7 * N, () => sg.maskedSelect(square, half)),
  take: bytes(12 * N, () => sg.take(flat, whole)),
  takeAlongDim: bytes(12 * N, () => sg.takeAlongDim(square, squareInts, 1)),
  toArray: bytes(4 * N, () => sg.toArray(square)),
  toTypedArray: bytes(8 * N, () => sg.toTypedArray(square)),
  saveSafetensors: bytes(8 * N, () => sg.saveSafetensors({ square })),
};

// Reads x and what is written over it; writes all of x.
const writings: Jobs = {
  indexAdd: bytes(12 * N, () => sg.indexAdd(square, 0, rowInts, square2)),
  indexCopy: bytes(12 * N, () => sg.indexCopy(square, 0, rowInts, square2)),
  indexFill: bytes(8 * N, () => sg.indexFill(square, 0, rowInts, 0)),
  indexPut: bytes(12 * N, () => sg.indexPut(square, [rowInts], square2)),
  maskedFill: bytes(9 * N, () => sg.maskedFill(square, half, 0)),
  maskedScatter: bytes(11 * N, () => sg.maskedScatter(square, half, square2)),
  scatter: bytes(16 * N, () => sg.scatter(square, 1, squareInts, square2)),
  scatterAdd: bytes(16 * N, () => sg.scatterAdd(square, 1, squareInts, square2)),
  scatterReduce: bytes(16 * N, () => sg.scatterReduce(square, 1, squareInts, square2, "amax")),
  selectScatter: bytes(8 * N, () => sg.selectScatter(square, row, 0, 3)),
  sliceScatter: bytes(10 * N, () => sg.sliceScatter(square, block, { end: 512 })),
};

export const moves: Jobs = { ...joins, ...copies, ...readings, ...writings };
