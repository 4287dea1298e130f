// Methods of creation, views and movement, random numbers.
import {
  broadcastTo,
  expandAs,
  moveaxis,
  movedim,
  reshapeAs,
  swapaxes,
  unflatten,
  viewAs,
} from "../ops/dims.js";
import {
  flip,
  fliplr,
  flipud,
  repeat,
  repeatInterleave,
  roll,
  rot90,
  tile,
} from "../ops/movement.js";
import {
  bernoulli,
  bernoulli_,
  exponential_,
  multinomial,
  normal_,
  uniform_,
} from "../ops/sampling.js";
import { dsplit, hsplit, tensorSplit, vsplit } from "../ops/stacking.js";
import { asStrided, diag, diagEmbed, diagonal } from "../ops/strided.js";
import { tril, triu } from "../ops/triangle.js";
import { view } from "../ops/views.js";

export const viewsMethods = {
  ...{ view, viewAs, reshapeAs, expandAs, broadcastTo },
  ...{ unflatten, movedim, moveaxis, swapaxes },
  ...{ flip, fliplr, flipud, roll, rot90, repeat, tile, repeatInterleave },
  ...{ tensorSplit, hsplit, vsplit, dsplit },
  ...{ asStrided, diag, diagEmbed, diagonal, tril, triu },
  ...{ bernoulli, multinomial, uniform_, normal_, exponential_, bernoulli_ },
};
