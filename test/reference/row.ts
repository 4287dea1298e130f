// A row of the reference tests: how a case of the fixtures calls the library, and how exactly its output
// and its gradients must agree.
import type { Tensor } from "../../src/index.js";
import type { Tolerance } from "./fixtures.js";

/** As many tensors as the case has: a row names those its op takes. */
export type Inputs = [Tensor, Tensor, Tensor, Tensor];
export type Run<Args = never> = (x: Inputs, args: Args) => Tensor | readonly Tensor[];

export interface Row {
  readonly run: Run;
  readonly out: Tolerance;
  readonly gradient: Tolerance;
}

/** Rows that agree alike. `Args`: the arguments of a case that are no tensors, as its generator wrote them. */
export function rows<Args>(
  out: Tolerance,
  gradient: Tolerance,
  table: Readonly<Record<string, Run<Args>>>,
): Record<string, Row> {
  return Object.fromEntries(
    Object.entries(table).map(([op, run]) => [op, { run, out, gradient }] as const),
  );
}

/** Options of a loss whose tensors come as inputs. */
export function optionsWith(
  args: { readonly options?: unknown },
  names: readonly string[],
  tensors: readonly Tensor[],
): never {
  const given = names
    .map((name, i) => [name, tensors[i]] as const)
    .filter(([, t]) => t !== undefined);
  return { ...(args.options as object), ...Object.fromEntries(given) } as never;
}

/** What a family adds to the reference tests. Fixtures are named without their folder and ".json". */
export interface ReferenceFamily {
  /** Fixtures of functional ops (generator/case.py), and how their cases are run. */
  readonly fixtures: readonly string[];
  readonly rows: Readonly<Record<string, Row>>;
  /** Fixtures of layers with one input and one output (generator/module.py). */
  readonly modules?: readonly string[];
  /** Layers that are compared in a test of their own. */
  readonly elsewhere?: readonly string[];
}
