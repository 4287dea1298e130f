// Scopes: lists of handles to release together. `tidy` is the public face; the library's own
// composite ops use it as well, so that what they make inside and do not return is released.

/** What a scope can release: a Tensor. */
export abstract class Handle {
  /** Releases it at once. Never needed: what is dropped is collected anyway. */
  abstract dispose(): void;
}

let current: Handle[] | null = null;

/** Enters a new handle into the innermost scope. */
export function track(handle: Handle): void {
  if (current !== null) current.push(handle);
}

/**
 * Runs `fn` and releases all tensors that were made in it, except those it returns (a tensor, or
 * arrays, plain objects and Maps of them, however deep). Values that a graph saved for `backward`,
 * gradients of leaves and optimiser state stay. It is an accelerator, never a duty: without it the
 * same memory is reclaimed when it is needed.
 *
 * @throws TypeError when `fn` returns a promise: what it makes later could not be released.
 * @example
 * const loss = tidy(() => {
 *   const error = tensor([1, 2, 3]).sub(2);
 *   return error.mul(error).sum();
 * });
 * console.log(loss.item()); // 2
 */
export function tidy<T>(fn: () => T): T {
  const outer = current;
  const mine: Handle[] = [];
  current = mine;
  let result: T;
  try {
    result = fn();
    if (result instanceof Promise) {
      throw new TypeError("[tidy] fn must be synchronous: it returned a promise");
    }
  } catch (error) {
    for (let i = 0; i < mine.length; i++) mine[i]!.dispose();
    throw error;
  } finally {
    current = outer;
  }
  if (result instanceof Handle) {
    for (let i = 0; i < mine.length; i++) {
      const handle = mine[i]!;
      if (handle !== result) handle.dispose();
      else track(handle);
    }
    return result;
  }
  const kept = new Set<unknown>();
  collect(result, kept);
  for (const handle of mine) {
    if (kept.has(handle)) track(handle);
    else handle.dispose();
  }
  return result;
}

/** Runs `fn` outside of all scopes: what it makes (gradients, state) outlives them. */
export function untracked<T>(fn: () => T): T {
  const outer = current;
  current = null;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

function collect(value: unknown, seen: Set<unknown>): void {
  const pending = [value];
  while (pending.length > 0) {
    const item = pending.pop();
    if (typeof item !== "object" || item === null || seen.has(item)) continue;
    seen.add(item);
    if (item instanceof Handle || ArrayBuffer.isView(item)) continue;
    if (item instanceof Map) pending.push(...(item as Map<unknown, unknown>).values());
    else pending.push(...(Object.values(item) as unknown[]));
  }
}
