// Whether ops are recorded for backward (`backward` turns that off, unless createGraph asks for it), and
// whether a function is being captured.
import { CaptureError } from "../core/errors.js";
import { checkFunction } from "../core/shape.js";
import { refusePromise } from "../memory/scope.js";

let enabled = true;

/** Whether ops on tensors that require gradients are being recorded. */
export function isGradEnabled(): boolean {
  return enabled;
}

/** Runs `fn` with recording switched on or off, and switches back whatever happens. */
export function withGrad<T>(on: boolean, fn: () => T): T {
  const before = enabled;
  enabled = on;
  try {
    return refusePromise(on ? "enableGrad" : "noGrad", fn());
  } finally {
    enabled = before;
  }
}

/**
 * Runs `fn` without recording: nothing in it is saved for backward.
 * @throws ValueError when `fn` returns a promise: what it runs later would be recorded.
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * const y = noGrad(() => w.mul(2));
 * console.log(y.requiresGrad); // false
 */
export function noGrad<T>(fn: () => T): T {
  checkFunction("noGrad", "fn", fn);
  return withGrad(false, fn);
}

/** Runs `fn` with recording, inside of a `noGrad`. @throws ValueError when `fn` returns a promise. */
export function enableGrad<T>(fn: () => T): T {
  checkFunction("enableGrad", "fn", fn);
  return withGrad(true, fn);
}

let capturing = false;

/** Whether a function runs that `capture` is about to replay. */
export function isCapturing(): boolean {
  return capturing;
}

/** Runs `fn` as part of a capture, or apart from one. */
export function withCapturing<T>(on: boolean, fn: () => T): T {
  const before = capturing;
  capturing = on;
  try {
    return fn();
  } finally {
    capturing = before;
  }
}

/** Refuses what a replay would leave out. */
export function refuseInCapture(op: string, does: string): void {
  if (!capturing) return;
  throw new CaptureError(
    op,
    `${does}, which a replay can't do again: do it outside of capture() (return the tensors that it needs)`,
  );
}

/** Stands for all that a captured function may depend on besides its tensors: modes, groups, hooks. */
let revision = 0;
/** What a switch changes in it, and the last such number: they look like random ones. */
const switches = new WeakMap<object, number>();
let last = 0;

/** A number that is the same while those things are, and again when all switches are back. */
export function currentRevision(): number {
  return revision;
}

/** What a recording has made itself, which it makes anew each time: nobody else depends on that. */
const inside = new WeakSet();

/** Says that `made` is new. */
export function born(made: object): void {
  if (recordChange !== null) inside.add(made);
}

/**
 * Says that a captured function may do something else from now on: it is recorded anew. `key` tells of
 * something with two states that it got the other one; `of` is what it is part of.
 */
export function revise(key: object = {}, of = key): void {
  if (inside.has(of)) return;
  if (!switches.has(key)) switches.set(key, (last = Math.imul(last, 1664525) + 1013904223));
  revision ^= switches.get(key)!;
}

let recordChange: (<T extends object>(target: T, again?: (target: T) => void) => boolean) | null =
  null;

/** Hands what `redo` is told to `next` from now on: a recording; null ends it. */
export function recordChanges(next: typeof recordChange): void {
  recordChange = next;
}

/**
 * Says that `target` was changed, which a replay must do `again` at this place, if told how. False when
 * that is nobody else's business: a recording has made it.
 */
export function redo<T extends object>(target: T, again?: (target: T) => void): boolean {
  return recordChange === null || (!inside.has(target) && recordChange(target, again));
}
