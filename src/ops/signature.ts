// What a captured function is called with, as far as a recording depends on it.
import { sameShape } from "../core/shape.js";
import { isGradEnabled } from "../autograd/mode.js";
import { Tensor } from "../autograd/tensor.js";

/** What a captured function may be given. */
export type CaptureArgument = Tensor | number | boolean | string | null | undefined;

/** What a call looks like to a recording, tensors apart from their values. */
export class Signature {
  private readonly tensors: readonly ({ shape: readonly number[]; dtype: string } | null)[];
  readonly gradEnabled = isGradEnabled();
  constructor(private readonly args: readonly CaptureArgument[]) {
    this.tensors = args.map((x) =>
      x instanceof Tensor ? { shape: x.shape, dtype: x.dtype } : null,
    );
    this.args = args.map((x) => (x instanceof Tensor ? null : x));
  }

  fits(args: readonly CaptureArgument[]): boolean {
    if (args.length !== this.args.length || this.gradEnabled !== isGradEnabled()) return false;
    for (let i = 0; i < args.length; i++) {
      const x = args[i];
      const tensor = this.tensors[i]!;
      if (x instanceof Tensor) {
        if (tensor === null || x.dtype !== tensor.dtype || x.node !== null) return false;
        if (x.shape !== tensor.shape && !sameShape(x.shape, tensor.shape)) return false;
      } else if (tensor !== null || !Object.is(x, this.args[i])) return false;
    }
    return true;
  }
}
