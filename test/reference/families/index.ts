// The families of ops whose reference rows have a file of their own here.
import type { ReferenceFamily } from "../row.js";
import { pointwise } from "./pointwise.js";
import { reduce } from "./reduce.js";
import { linalg } from "./linalg.js";
import { views } from "./views.js";
import { indexing } from "./indexing.js";
import { conv } from "./conv.js";
import { image } from "./image.js";
import { recurrent } from "./recurrent.js";
import { attention } from "./attention.js";
import { losses } from "./losses.js";
import { optim } from "./optim.js";
import { modules } from "./modules.js";

export const families: readonly ReferenceFamily[] = [
  pointwise,
  reduce,
  linalg,
  views,
  indexing,
  conv,
  image,
  recurrent,
  attention,
  losses,
  optim,
  modules,
];
