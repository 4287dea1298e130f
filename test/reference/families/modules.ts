// Reference rows of containers, normalisation, dropout and the tools of modules.
import * as sg from "../../../src/index.js";
import { LAYERS, SUMS } from "../fixtures.js";
import { type ReferenceFamily, rows } from "../row.js";

interface Args {
  readonly groups: number;
  readonly shape: number[];
  readonly size: number;
  readonly options: never;
}

export const modules: ReferenceFamily = {
  fixtures: ["modules-ops"],
  rows: {
    ...rows<Args>(SUMS, SUMS, {
      bilinear: ([a, b, w, bias]) => sg.bilinear(a, b, w, bias),
    }),
    ...rows<Args>(LAYERS, LAYERS, {
      groupNorm: ([x, w, b], a) => sg.groupNorm(x, a.groups, w, b),
      instanceNorm: ([x, weight, bias]) =>
        sg.instanceNorm(x, weight === undefined ? {} : { weight, bias }),
      rmsNorm: ([x, w], a) => sg.rmsNorm(x, a.shape, w, a.options),
      localResponseNorm: ([x], a) => sg.localResponseNorm(x, a.size, a.options),
    }),
  },
  modules: ["modules-layers"],
};
