// Whether ops are recorded. `backward` turns recording off, unless createGraph asks for it.

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
    const result = fn();
    if (result instanceof Promise) {
      throw new TypeError("[noGrad] fn must be synchronous: it returned a promise");
    }
    return result;
  } finally {
    enabled = before;
  }
}

/**
 * Runs `fn` without recording: nothing in it is saved for backward.
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * const y = noGrad(() => w.mul(2));
 * console.log(y.requiresGrad); // false
 */
export function noGrad<T>(fn: () => T): T {
  return withGrad(false, fn);
}

/** Runs `fn` with recording, inside of a `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad(true, fn);
}
