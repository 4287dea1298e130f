// The families of ops that have a file of their own here, and what each table gets of them.
import type { Family } from "../case.js";
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

const families: readonly Family[] = [
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

type Records = {
  [K in keyof Family]: NonNullable<Family[K]> extends readonly string[] ? never : K;
}[keyof Family];
type Lists = Exclude<keyof Family, Records>;

/** A table's rows of all families. */
export function merged<K extends NonNullable<Records>>(table: K): NonNullable<Family[K]> {
  return Object.assign({}, ...families.map((family) => family[table])) as NonNullable<Family[K]>;
}

/** A list's entries of all families. */
export function lists(list: NonNullable<Lists>): readonly string[] {
  return families.flatMap((family) => family[list] ?? []);
}
