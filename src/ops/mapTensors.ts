// What a captured function returns: tensors in arrays and plain objects.
import { CaptureError } from "../core/errors.js";
import { Tensor } from "../autograd/tensor.js";

/**
 * The same value with `f` of each tensor in it, however deep in arrays and plain objects.
 * @param depth how deep it lies
 */
export function mapTensors(value: unknown, f: (x: Tensor) => Tensor, depth = 0): unknown {
  if (value instanceof Tensor) return f(value);
  if (Object(value) !== value) return value;
  const map = (item: unknown): unknown => mapTensors(item, f, depth + 1);
  const isList = Array.isArray(value);
  if (depth > 99 || (!isList && Object.getPrototypeOf(value) !== Object.prototype)) {
    throw new CaptureError(
      "capture",
      "fn returns tensors, alone or in arrays and plain objects, and plain values",
    );
  }
  if (isList) return value.map(map);
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, map(item)]));
}
