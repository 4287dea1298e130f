/** The library as an entrant; the peers' entries are in peers/entrants.ts. */
import { fileURLToPath } from "node:url";
import type { Entrant } from "./contestant.js";

export const root = fileURLToPath(new URL("..", import.meta.url));

export const simdgrad: Entrant = {
  name: "simdgrad",
  module: new URL("./simdgrad.ts", import.meta.url).href,
  cwd: root,
  packages: ["simdgrad"],
  firstResult: `
    import { tensor } from "simdgrad";
    globalThis.result = tensor([1, 2, 3]).add(1).toArray();`,
  pageEntry: `export * from "simdgrad";`,
  pageFiles: [],
  // Packed, with the code that unpacks them: what a page downloads.
  kernels: "dist/kernels.js",
};
