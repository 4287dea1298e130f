// What the tables of single ops are made of: calls with the bytes or operations that they stand for.
import * as sg from "simdgrad";

export interface Job {
  readonly run: () => unknown;
  /** Restores what `run` has overwritten; its time does not count. */
  readonly prepare?: () => unknown;
  /** Bytes that a call must read and write or, with `flops`, its multiplications and additions. */
  readonly work: number;
  readonly flops?: true;
}

export type Jobs = Readonly<Record<string, Job>>;

type Call = (...args: never[]) => unknown;
type Names<T> = { [K in keyof T]: T[K] extends Call ? K : never }[keyof T] & string;
/** Names of public functions. */
export type Op = Names<typeof sg>;

const call = (name: Op, args: readonly unknown[]): unknown =>
  (sg[name] as (...args: unknown[]) => unknown)(...args);

export const bytes = (work: number, run: () => unknown): Job => ({ run, work });

export const flops = (work: number, run: () => unknown): Job => ({ run, work, flops: true });

/** Several ops that take the same arguments and move as many bytes. */
export const each = (names: readonly Op[], work: number, ...args: readonly unknown[]): Jobs =>
  Object.fromEntries(names.map((name) => [name, bytes(work, () => call(name, args))]));

/** Several ops that take the same arguments and compute as much. */
export const eachFlops = (names: readonly Op[], work: number, ...args: readonly unknown[]): Jobs =>
  Object.fromEntries(names.map((name) => [name, flops(work, () => call(name, args))]));

/** Jobs that write to `target`, which holds the values of `source` before each call. */
export function onto(target: sg.Tensor, source: sg.Tensor, jobs: Jobs): Jobs {
  const prepare = (): unknown => target.copy_(source);
  return Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, { ...job, prepare }]));
}
