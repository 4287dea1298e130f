// The tests' rows of creation, views and movement, random numbers.
import * as sg from "../../../src/index.js";
import { type Family, on, type Table } from "../case.js";
import { any, chances, fixed, ints, positive } from "../inputs.js";
import { layer } from "../layer.js";
import { edges } from "./viewsEdges.js";
import { refusals, spokenOf, tolerant } from "./viewsRefusals.js";

const { nn } = sg;
const three = { generator: new sg.Generator(3) };

const shapes: Table = {
  asStrided: [
    on([any(3, 4)], ([x]) => [x!.contiguous(), [2, 3], [1, 1], 2]),
    on([any(3, 4)], ([x]) => [x!.contiguous(), [4, 2], [2, 3]]),
    on([any(3)], ([x]) => [sg.tidy(() => x!.contiguous().expand([2, 3])), [2, 2], [1, 1], 0]),
  ],
  atleast1d: [on([any()]), on([any(3)])],
  atleast2d: [on([any()]), on([any(3)]), on([any(2, 3)])],
  atleast3d: [on([any()]), on([any(3)]), on([any(2, 3)]), on([any(2, 1, 3)])],
  broadcastTensors: [on([any(3, 1), any(4)], (x) => [x])],
  broadcastTo: [on([any(3, 1)], ([x]) => [x, [2, 3, 4]])],
  diag: [on([any(4)], ([x]) => [x, -1]), on([any(3, 4)], ([x]) => [x, 1])],
  diagEmbed: [
    on([any(2, 3)]),
    on([any(2, 3)], ([x]) => [x, { offset: 1, dim1: 0, dim2: 2 }]),
    on([any(2)], ([x]) => [x, { offset: -2, dim1: 1, dim2: 0 }]),
  ],
  diagonal: [on([any(3, 4)]), on([any(2, 3, 4)], ([x]) => [x, { offset: -1, dim1: -1, dim2: 0 }])],
  dsplit: [on([any(2, 1, 4)], ([x]) => [x, 2])],
  expandAs: [on([any(3, 1), fixed(any(2, 3, 4))])],
  hsplit: [on([any(2, 4)], ([x]) => [x, 2]), on([any(5)], ([x]) => [x, [1, 3]])],
  meshgrid: [
    on([any(3), any(2), any()], (x) => [x]),
    on([any(3), any(2)], (x) => [x, { indexing: "xy" }]),
  ],
  moveaxis: [on([any(2, 3, 1)], ([x]) => [x, 0, -1])],
  movedim: [on([any(2, 3, 1, 2)], ([x]) => [x, [0, 1], [-1, 0]])],
  reshapeAs: [on([any(3, 4), fixed(any(2, 6))])],
  swapaxes: [on([any(2, 3, 1)], ([x]) => [x, 0, 1])],
  tensorSplit: [on([any(5, 2)], ([x]) => [x, 3]), on([any(2, 5)], ([x]) => [x, [1, -2, 4], 1])],
  unflatten: [on([any(2, 6)], ([x]) => [x, 1, [2, -1]])],
  unfold: [
    on([any(7)], ([x]) => [x, 0, 3, 2]),
    on([any(3, 5)], ([x]) => [x, -1, 2, 1]),
    on([any(5, 2)], ([x]) => [x, 0, 2, 3]),
    on([any()], ([x]) => [x, 0, 1, 1]),
    on([any(1, 2, 3, 4)], ([x]) => [x, [2, 3], { padding: 1, stride: [1, 2] }]),
    on([any(2, 5, 3)], ([x]) => [x, 2, { dilation: [2, 1] }]),
  ],
  view: [on([any(3, 4)], ([x]) => [x!.contiguous(), [2, -1]])],
  viewAs: [on([any(3, 4), fixed(any(2, 6))], ([x, y]) => [x!.contiguous(), y])],
  vsplit: [on([any(4, 2)], ([x]) => [x, [1]])],
};

const moves: Table = {
  blockDiag: [on([any(2, 3), any(2), any()], (x) => [x])],
  cartesianProd: [on([any(3), any(2)], (x) => [x]), on([any(3)], (x) => [x])],
  columnStack: [on([any(3), any(3, 2)], (x) => [x])],
  dstack: [on([any(3), any(3)], (x) => [x])],
  flip: [on([any(3, 4)], ([x]) => [x, [0, -1]]), on([any(5)], ([x]) => [x, 0])],
  fliplr: [on([any(2, 3)])],
  flipud: [on([any(3)])],
  hstack: [on([any(3), any(2)], (x) => [x]), on([any(2, 3), any(2, 1)], (x) => [x])],
  pad: [
    on([any(2, 3)], ([x]) => [x, [1, 2, 0, 1]]),
    on([any(3, 4)], ([x]) => [x, [-1, 2], { value: 3 }]),
    on([any(1, 3, 4)], ([x]) => [x, [3, 2, 2, 1], { mode: "reflect" }]),
    on([any(2, 4)], ([x]) => [x, [-1, 3], { mode: "reflect" }]),
    on([any(1, 2, 2, 2)], ([x]) => [x, [1, 2, 0, 3, 2, 0], { mode: "replicate" }]),
    on([any(1, 3, 2)], ([x]) => [x, [2, 1, 2, -1], { mode: "circular" }]),
  ],
  repeat: [on([any(2, 3)], ([x]) => [x, [2, 1, 3]]), on([any(3)], ([x]) => [x, [1]])],
  repeatInterleave: [
    on([any(2, 3)], ([x]) => [x, 2]),
    on([any(2, 3)], ([x]) => [x, 3, 1]),
    on([any(2, 4), ints(0, 3, 4)], ([x, n]) => [x, n, -1]),
    on([any(4), ints(2, 3)]),
  ],
  roll: [
    on([any(2, 3)], ([x]) => [x, 2]),
    on([any(3, 4)], ([x]) => [x, [1, -6], [0, 1]]),
    on([any()], ([x]) => [x, 1]),
  ],
  rot90: [
    on([any(2, 3)]),
    on([any(2, 3, 2)], ([x]) => [x, -1, [2, 0]]),
    on([any(2, 3)], ([x]) => [x, 2]),
    on([any(2, 3)], ([x]) => [x, 4]),
  ],
  tile: [on([any(2, 3)], ([x]) => [x, [2]]), on([any(3)], ([x]) => [x, [2, 2]])],
  tril: [on([any(2, 3, 4)]), on([any(3, 3)], ([x]) => [x, -1])],
  triu: [on([any(3, 4)], ([x]) => [x, 1]), on([any(2, 4, 3)])],
  vstack: [on([any(3), any(2, 3)], (x) => [x])],
};

const chance: Table = {
  bernoulli: [on([], () => [[3, 5], 0.5]), on([chances(3, 5)], ([p]) => [p, copyOf(three)])],
  exponential: [on([], () => [[3, 5], 2])],
  gumbel: [on([], () => [[3, 5]])],
  logspace: [on([], () => [0, 2, 5]), on([], () => [0, 3, 4, 2, { dtype: "int32" }])],
  multinomial: [
    on([positive(5)], ([w]) => [w, 3, copyOf(three)]),
    on([positive(2, 5)], ([w]) => [w, 7, { replacement: true, ...copyOf(three) }]),
  ],
  normal: [
    on([], () => [0, 1, [3, 5]]),
    on([any(3, 1), positive(5)], ([m, s]) => [m, s, copyOf(three)]),
    on([positive(5)], ([s]) => [2, s]),
    on([any(5)], ([m]) => [m, 0.5, copyOf(three)]),
  ],
  trilIndices: [on([], () => [3, 4, -1])],
  triuIndices: [on([], () => [4, 3, 1])],
};

/** A generator of its own for each call. */
function copyOf({ generator }: typeof three): typeof three {
  const copy = new sg.Generator();
  copy.setState(generator.getState());
  return { generator: copy };
}

const image = any(1, 2, 3, 4);
const volume = any(1, 2, 2, 3, 2);

export const views: Family = {
  differentiable: {
    ...shapes,
    ...moves,
    gumbelSoftmax: [on([any(3, 5)], ([x]) => [x, { tau: 0.7, dim: 0, ...copyOf(three) }])],
  },
  underivable: chance,
  inPlace: {
    bernoulli_: [on([any(3, 5)], ([x]) => [x, 0.5, copyOf(three)])],
    exponential_: [on([any(3, 5)], ([x]) => [x, 2, copyOf(three)])],
    normal_: [on([any(3, 5)], ([x]) => [x, 0, 1, copyOf(three)])],
    uniform_: [on([any(3, 5)], ([x]) => [x, 0, 1, copyOf(three)])],
  },
  functionsOnly: [...["atleast1d", "atleast2d", "atleast3d", "gumbelSoftmax", "normal"]],
  edges,
  refusals,
  spokenOf,
  tolerant,
  layers: {
    ...Object.fromEntries(
      (["ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"] as const).flatMap((name) => [
        [`${name}1d`, layer(() => new nn[`${name}1d`]([2, 1]), any(2, 3, 4))],
        [`${name}2d`, layer(() => new nn[`${name}2d`]([2, 1, 0, 2]), image)],
        [`${name}3d`, layer(() => new nn[`${name}3d`](1), volume)],
      ]),
    ),
    ConstantPad1d: layer(() => new nn.ConstantPad1d(1, 0.5), any(2, 3)),
    ConstantPad2d: layer(() => new nn.ConstantPad2d([1, 0, -1, 2], 0.5), image),
    ConstantPad3d: layer(() => new nn.ConstantPad3d(1, 0.5), volume),
    Unflatten: layer(() => new nn.Unflatten(1, [2, -1]), any(3, 6)),
  },
};
