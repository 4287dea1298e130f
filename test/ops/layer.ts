// A layer of nn with an input: what the handles test runs forward and backward.
import type { nn, Tensor } from "../../src/index.js";
import type { Make } from "./inputs.js";

export interface LayerCase {
  layer: nn.Module & { forward(...x: never[]): unknown };
  input: () => Tensor[];
}

/** A row: how a layer is made, and its inputs. */
export const layer =
  (make: () => LayerCase["layer"], ...inputs: Make[]) =>
  (): LayerCase => ({ layer: make(), input: () => inputs.map((input, i) => input(i)) });

export type LayerCases = Readonly<Record<string, () => LayerCase>>;
