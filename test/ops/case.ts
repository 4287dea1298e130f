// What the rows of the tests' tables are: how a public op is called, its edge cases, and the families
// that the rows come in.
import * as sg from "../../src/index.js";
import { Tensor } from "../../src/index.js";
import type { Edges } from "./edge.js";
import type { Make } from "./inputs.js";
import type { LayerCases } from "./layer.js";
import type { Refusals } from "./refusal.js";

export interface Case {
  readonly inputs: readonly Make[];
  /** The arguments of the op, from the inputs. */
  readonly args: (x: Tensor[]) => unknown[];
}

export type Table = Readonly<Record<string, readonly Case[]>>;

/** A case; without `args` the inputs are the arguments. */
export function on(inputs: readonly Make[], args: Case["args"] = (x) => x): Case {
  return { inputs, args };
}

type Op = (...args: unknown[]) => unknown;

/** The public function of this name. */
export function op(name: string): Op {
  return (sg as unknown as Record<string, Op>)[name]!;
}

/** All tensors in what an op returned: a tensor, a list, or values and indices. */
export function tensorsIn(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (typeof result !== "object" || result === null || ArrayBuffer.isView(result)) return [];
  return Object.values(result).flatMap(tensorsIn);
}

/** What a family of ops adds to the tests: a row in each of the tables that an op belongs in. */
export interface Family {
  /** Ops with a derivative: gradients of both orders, handles, methods, scattered memory. */
  readonly differentiable?: Table;
  /** Ops without one, and ops that make or read tensors. */
  readonly underivable?: Table;
  /** Methods that overwrite their first operand. */
  readonly inPlace?: Table;
  /** Differentiable ops whose derivative is 0 everywhere: their gradients have no graph. */
  readonly flat?: readonly string[];
  /** Functions with a tensor first that are no methods of it. */
  readonly functionsOnly?: readonly string[];
  /** Exports that are no ops, each with a program in `programs`. */
  readonly others?: readonly string[];
  /** Uses of the exports that are no ops, each returning the tensors that it leaves to its caller. */
  readonly programs?: Readonly<Record<string, () => unknown>>;
  /** Scalars and tensors without elements: calls with the shapes of their results. */
  readonly edges?: Edges;
  /** Bad input, and how it is refused. */
  readonly refusals?: Refusals;
  /** Ops that refuse nothing (any dtype, any shape), or whose rules are those of the ops they call. */
  readonly tolerant?: readonly string[];
  /** Names in the brackets of errors that differ from the function's. */
  readonly spokenOf?: Readonly<Record<string, readonly string[]>>;
  /** Layers of nn with an input. */
  readonly layers?: LayerCases;
  /** Exports of nn that are neither layers nor losses, and where they are tested. */
  readonly notLayers?: readonly string[];
  /** A step of each optimiser. */
  readonly optimisers?: Readonly<
    Record<string, (p: Tensor[]) => { step(): unknown; zeroGrad(): void }>
  >;
  /** Exports of optim that are no optimisers, and where they are tested. */
  readonly notOptimisers?: readonly string[];
}
