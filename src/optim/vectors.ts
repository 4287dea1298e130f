// All parameters (or gradients) as one vector, and back.
import { expectShape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { tidy } from "../memory/scope.js";
import { copy_ } from "../ops/inplace.js";
import { cat } from "../ops/join.js";
import { narrow, reshape } from "../ops/views.js";

/** The elements of all parameters, one after the other, in a vector; differentiable. */
export function parametersToVector(params: Iterable<Tensor>): Tensor {
  return tidy(() => cat([...params].map((p) => reshape(p, [-1]))));
}

/** Copies tensors into as many others. */
export function write(to: readonly Tensor[], from: readonly Tensor[]): void {
  withGrad(false, () => from.forEach((x, i) => copy_(to[i]!, x)));
}

/** Parts of a vector, in the shapes of the tensors. */
export function partsOf(vector: Tensor, like: readonly Tensor[]): Tensor[] {
  let at = 0;
  return like.map((p) => {
    const part = narrow(vector, 0, at, p.numel());
    at += p.numel();
    return reshape(part, p.shape);
  });
}

/**
 * Copies a vector, as `parametersToVector` makes it, into the parameters.
 * @throws ShapeError unless it has as many elements as they have
 */
export function vectorToParameters(vector: Tensor, params: Iterable<Tensor>): void {
  const all = [...params];
  const size = all.reduce((sum, p) => sum + p.numel(), 0);
  expectShape("vectorToParameters", "the vector", vector, [size]);
  withGrad(false, () =>
    tidy(() => {
      write(all, partsOf(vector, all));
    }),
  );
}
