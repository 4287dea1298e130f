// Edge cases of creation, views and movement, random numbers.
import * as sg from "../../../src/index.js";
import { E, type Edges, ids, s, yes } from "../edge.js";

export const edges: Edges = {
  asStrided: [
    [() => sg.asStrided(s(), [], []), []],
    [() => sg.asStrided(s(), [3], [0]), [3]],
    [() => sg.asStrided(E(0), [0, 2], [1, 1], 5), [0, 2]],
  ],
  atleast1d: [
    [() => sg.atleast1d(s()), [1]],
    [() => sg.atleast1d(E(0)), [0]],
  ],
  atleast2d: [
    [() => sg.atleast2d(s()), [1, 1]],
    [() => sg.atleast2d(E(0)), [1, 0]],
  ],
  atleast3d: [
    [() => sg.atleast3d(s()), [1, 1, 1]],
    [() => sg.atleast3d(E(0)), [1, 0, 1]],
    [() => sg.atleast3d(E(0, 2)), [0, 2, 1]],
  ],
  blockDiag: [
    [() => sg.blockDiag([s(), E(0)]), [2, 1]],
    [() => sg.blockDiag([E(0, 3), E(2, 1)]), [2, 4]],
    [() => sg.blockDiag([E(2), yes(1, 1)]), [2, 3]],
  ],
  broadcastTensors: [
    [() => sg.broadcastTensors([])],
    [() => sg.broadcastTensors([s(), E(0, 1), E(3)]), [0, 3], [0, 3], [0, 3]],
  ],
  broadcastTo: [[() => sg.broadcastTo(s(), [0]), [0]]],
  cartesianProd: [[() => sg.cartesianProd([E(0), E(3)]), [0, 2]]],
  columnStack: [
    [() => sg.columnStack([s(), s()]), [1, 2]],
    [() => sg.columnStack([E(0), E(0, 2)]), [0, 3]],
  ],
  diag: [
    [() => sg.diag(E(0)), [0, 0]],
    [() => sg.diag(E(0), 2), [2, 2]],
    [() => sg.diag(E(0, 3)), [0]],
    [() => sg.diag(E(2, 3), 5), [0]],
  ],
  diagEmbed: [
    [() => sg.diagEmbed(E(2, 0)), [2, 0, 0]],
    [() => sg.diagEmbed(E(0, 2), { offset: -1 }), [0, 3, 3]],
  ],
  diagonal: [
    [() => sg.diagonal(E(2, 3), { offset: -2 }), [0]],
    [() => sg.diagonal(E(0, 3, 3), { dim1: 1, dim2: 2 }), [0, 3]],
  ],
  dsplit: [[() => sg.dsplit(E(0, 1, 2), 2), [0, 1, 1], [0, 1, 1]]],
  dstack: [
    [() => sg.dstack([s(), s()]), [1, 1, 2]],
    [() => sg.dstack([E(0), E(0)]), [1, 0, 2]],
  ],
  expandAs: [[() => sg.expandAs(s(), E(0, 2)), [0, 2]]],
  exponential: [
    [() => sg.exponential([]), []],
    [() => sg.exponential([0]), [0]],
  ],
  flip: [
    [() => sg.flip(s(), []), []],
    [() => sg.flip(E(0, 3), [0, 1]), [0, 3]],
  ],
  fliplr: [[() => sg.fliplr(E(2, 0)), [2, 0]]],
  flipud: [[() => sg.flipud(E(0)), [0]]],
  gumbel: [
    [() => sg.gumbel([]), []],
    [() => sg.gumbel([0, 2]), [0, 2]],
  ],
  gumbelSoftmax: [
    [() => sg.gumbelSoftmax(s()), []],
    [() => sg.gumbelSoftmax(E(0, 3)), [0, 3]],
    [() => sg.gumbelSoftmax(E(3, 0), { hard: true }), [3, 0]],
    [() => sg.gumbelSoftmax(s(), { hard: true }), []],
  ],
  hsplit: [[() => sg.hsplit(E(0), 2), [0], [0]]],
  hstack: [
    [() => sg.hstack([s(), s()]), [2]],
    [() => sg.hstack([E(2, 0), E(2, 1)]), [2, 1]],
  ],
  logspace: [
    [() => sg.logspace(0, 1, 0), [0]],
    [() => sg.logspace(0, 1, 1), [1]],
  ],
  meshgrid: [
    [() => sg.meshgrid([s()]), [1]],
    [() => sg.meshgrid([E(0), s()], { indexing: "xy" }), [1, 0], [1, 0]],
  ],
  moveaxis: [[() => sg.moveaxis(s(), 0, -1), []]],
  movedim: [
    [() => sg.movedim(s(), [], []), []],
    [() => sg.movedim(E(0, 3), 0, 1), [3, 0]],
  ],
  multinomial: [[() => sg.multinomial(E(0, 3), 2), [0, 2]]],
  repeat: [
    [() => sg.repeat(s(), []), []],
    [() => sg.repeat(s(), [2, 3]), [2, 3]],
    [() => sg.repeat(E(0, 3), [2, 2]), [0, 6]],
    [() => sg.repeat(E(3), [0]), [0]],
  ],
  repeatInterleave: [
    [() => sg.repeatInterleave(s(), 3), [3]],
    [() => sg.repeatInterleave(s(), 3, 0), [3]],
    [() => sg.repeatInterleave(E(0, 3), 2, 0), [0, 3]],
    [() => sg.repeatInterleave(E(0), ids(0)), [0]],
    [() => sg.repeatInterleave(E(3, 2), ids(3), 0), [0, 2]],
    [() => sg.repeatInterleave(E(3, 2), ids(), 1), [3, 0]],
    [() => sg.repeatInterleave(E(0, 2), 0), [0]],
  ],
  reshapeAs: [[() => sg.reshapeAs(E(0, 3), E(2, 0)), [2, 0]]],
  roll: [
    [() => sg.roll(s(), 1), []],
    [() => sg.roll(E(0, 3), 2, 0), [0, 3]],
    [() => sg.roll(E(0, 3), 2), [0, 3]],
  ],
  rot90: [[() => sg.rot90(E(0, 3)), [3, 0]]],
  swapaxes: [[() => sg.swapaxes(E(0, 3), 0, 1), [3, 0]]],
  tensorSplit: [
    [() => sg.tensorSplit(E(0), 2), [0], [0]],
    [() => sg.tensorSplit(E(1, 2), 3), [1, 2], [0, 2], [0, 2]],
    [() => sg.tensorSplit(E(3), [2, 1, 9]), [2], [0], [2], [0]],
  ],
  tile: [
    [() => sg.tile(s(), [2]), [2]],
    [() => sg.tile(E(0, 3), []), [0, 3]],
  ],
  tril: [
    [() => sg.tril(E(0, 3)), [0, 3]],
    [() => sg.tril(E(0, 2, 2), -1), [0, 2, 2]],
  ],
  trilIndices: [
    [() => sg.trilIndices(0, 3), [2, 0]],
    [() => sg.trilIndices(3, 3, -3), [2, 0]],
  ],
  triu: [[() => sg.triu(E(2, 0), 1), [2, 0]]],
  triuIndices: [
    [() => sg.triuIndices(3, 0), [2, 0]],
    [() => sg.triuIndices(2, 3, -9), [2, 6]],
  ],
  unflatten: [
    [() => sg.unflatten(E(0, 3), 0, [0, 2]), [0, 2, 3]],
    [() => sg.unflatten(E(0, 3), 0, [-1, 2]), [0, 2, 3]],
  ],
  unfold: [
    [() => sg.unfold(s(), 0, 1, 1), [1]],
    [() => sg.unfold(E(3), 0, 0, 2), [2, 0]],
    [() => sg.unfold(E(0, 3), 1, 2, 1), [0, 2, 2]],
    [() => sg.unfold(E(3, 0), 0, 2, 1), [2, 0, 2]],
  ],
  view: [
    [() => sg.view(s(), [1, 1]), [1, 1]],
    [() => sg.view(E(0, 3), [3, 0, 2]), [3, 0, 2]],
  ],
  viewAs: [[() => sg.viewAs(E(1), s()), []]],
  vsplit: [[() => sg.vsplit(E(2, 0), 2), [1, 0], [1, 0]]],
  vstack: [
    [() => sg.vstack([s(), s()]), [2, 1]],
    [() => sg.vstack([E(0), E(3, 0)]), [4, 0]],
  ],
};
