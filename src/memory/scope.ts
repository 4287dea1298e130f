// Scopes: lists of handles to release together. `tidy` is the public face; the library's own
// composite ops use it as well, so that what they make inside and do not return is released.

import { ValueError } from "../core/errors.js";
import { checkFunction } from "../core/shape.js";

/** What a scope can release: a Tensor. */
export abstract class Handle {
  /** Releases it at once. Never needed: what is dropped is collected anyway. */
  abstract dispose(): void;
}

/** What the open scopes have made, the innermost's last; behind `top` there is nothing. */
const tracked: (Handle | null)[] = [];
let top = 0;
/** Whether the innermost scope takes what is made: false outside of all, and in `untracked`. */
let tracking = false;

/** Takes a handle out of whatever scope would release it: somebody else holds it from now on. */
export function keep(handle: Handle): void {
  // Newest first: it was probably made a moment ago.
  for (let i = top; i-- > 0;) {
    if (tracked[i] !== handle) continue;
    tracked[i] = null;
    return;
  }
}

/** Enters a new handle into the innermost scope. */
export function track(handle: Handle): void {
  if (tracking) tracked[top++] = handle;
}

/**
 * Runs `fn` and releases all tensors that were made in it, except those it returns (a tensor, or
 * arrays, plain objects, Maps and Sets of them, however deep). Values that a graph saved for `backward`,
 * gradients of leaves and optimiser state stay. It is an accelerator, never a duty: without it the
 * same memory is reclaimed when it is needed.
 *
 * @throws ValueError when `fn` is no function or returns a promise: what it makes later could not be released.
 * @example
 * const loss = tidy(() => {
 *   const error = tensor([1, 2, 3]).sub(2);
 *   return error.mul(error).sum();
 * });
 * console.log(loss.item()); // 2
 */
export function tidy<T>(fn: () => T): T {
  checkFunction("tidy", "fn", fn);
  return scoped(fn, undefined);
}

/** `tidy` of a function with an argument. */
export function scoped<A, T>(fn: (arg: A) => T, arg: A): T {
  const outer = tracking;
  const from = top;
  tracking = true;
  let result: T | null = null;
  try {
    return (result = refusePromise("tidy", fn(arg)));
  } finally {
    tracking = outer;
    leave(from, result);
  }
}

/** What a function returned; a promise is refused, as it has not done its work yet. */
export function refusePromise<T>(op: string, result: T): T {
  if (!(result instanceof Promise)) return result;
  // It goes on, with tensors that are gone by then: that is nobody's error any more.
  result.catch(() => null);
  throw new ValueError(op, "fn must be synchronous: it returned a promise");
}

/** Releases what was made since the scope began at `from`, but for `result`: that is the outer scope's. */
function leave(from: number, result: unknown): void {
  const kept =
    typeof result !== "object" || result === null || result instanceof Handle
      ? null
      : reached(result);
  const end = top;
  top = from;
  for (let i = from; i < end; i++) {
    const handle = tracked[i] as Handle | null;
    tracked[i] = null;
    if (handle && (handle === result || kept?.has(handle))) track(handle);
    else handle?.dispose();
  }
}

/** Runs `fn` outside of all scopes: what it makes (gradients, state) outlives them. */
export function untracked<T>(fn: () => T): T {
  const outer = tracking;
  tracking = false;
  try {
    return fn();
  } finally {
    tracking = outer;
  }
}

/** All objects that can be reached from one. */
function reached(from: object): Set<object> {
  const seen = new Set([from]);
  // What is added while a Set is gone through is visited, too.
  for (const item of seen) {
    if (item instanceof Handle || ArrayBuffer.isView(item)) continue;
    const inside: Iterable<unknown> =
      item instanceof Map || item instanceof Set ? item.values() : Object.values(item);
    for (const x of inside) if (typeof x === "object" && x !== null) seen.add(x);
  }
  return seen;
}
