// Compares the gradients that backward computes with finite differences.
import { GradError, ValueError } from "../core/errors.js";
import { checkFunction, checkOptions } from "../core/shape.js";
import { grad } from "../autograd/backward.js";
import { withGrad } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { item, toTypedArray } from "./convert.js";
import { tensor } from "./creation.js";
import { mul } from "./arithmetic.js";
import { sum } from "./reduce.js";
import { tidy } from "../memory/scope.js";

export interface GradcheckOptions {
  /** Step of the central differences. Default: 1e-2, since values are float32. */
  eps?: number;
  /** Allowed |analytic - numeric| is atol + rtol |numeric|. Default: 1e-2. */
  atol?: number;
  /** Default: 1e-2. */
  rtol?: number;
}

/**
 * Checks the gradients of `fn` at `inputs` against central differences, in a fixed direction of the
 * output that tells its elements apart.
 * @param fn from tensors to a float32 tensor, the same result for the same inputs
 * @param inputs float32; those with requiresGrad are checked
 * @returns true
 * @throws GradError that names the input, the element and both numbers
 * @example
 * console.log(gradcheck((x) => x.tanh(), [tensor([0.5, -1], { requiresGrad: true })])); // true
 */
export function gradcheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  checkFunction("gradcheck", "fn", fn);
  const { eps = 1e-2, atol = 1e-2, rtol = 1e-2 } = checkOptions("gradcheck", options);
  const checked = inputs.filter((x) => x.requiresGrad);
  if (checked.length === 0) throw new ValueError("gradcheck", "no input requires gradients");
  const analytic = tidy(() => {
    const out = fn(...inputs);
    return grad(weighted(out), checked, { allowUnused: true }).map((g) => g && toTypedArray(g));
  });
  checked.forEach((x, k) => {
    for (let i = 0; i < x.numel(); i++) {
      const at = (shift: number): number =>
        tidy(() =>
          withGrad(false, () =>
            item(weighted(fn(...inputs.map((y) => (y === x ? shifted(y, i, shift) : y))))),
          ),
        );
      const numeric = (at(eps) - at(-eps)) / (2 * eps);
      const found = analytic[k]?.[i] ?? 0;
      if (!(Math.abs(found - numeric) <= atol + rtol * Math.abs(numeric))) {
        throw new GradError(
          "gradcheck",
          `input ${inputs.indexOf(x)}, element ${i}: backward gives ${found}, differences give ${numeric}`,
        );
      }
    }
  });
  return true;
}

/** The sum of the output's elements with weights 1, 1.5, 2, 0.5, 1, ... */
function weighted(out: Tensor): Tensor {
  const weights = Float32Array.from({ length: out.numel() }, (_, i) => [1, 1.5, 2, 0.5][i % 4]!);
  return sum(mul(out, tensor(weights, { shape: out.shape })));
}

/** x with one element moved. */
function shifted(x: Tensor, index: number, by: number): Tensor {
  const values = Float32Array.from(toTypedArray(x));
  values[index]! += by;
  return tensor(values, { shape: x.shape });
}
