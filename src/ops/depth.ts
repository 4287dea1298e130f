// Windows along the depth of [N, C, D, H, W]: how convolutions of 3 dims become such of 2. A window
// is a slice of OD, whose channels are the kd slices of x that it holds: [N * OD, C * kd, H, W].
// Gathering them and adding them up again are each other's transposes: derivatives of any order.
import { type Layout, stridedLayout } from "../core/shape.js";
import { alias, allocateShape, type Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { contiguous, withContiguous, writeInto } from "./convert.js";
import { fillContiguous } from "./creation.js";
import { add_ } from "./inplace.js";
import { reshape, transpose } from "./views.js";

/** How windows lie in an image of 3 dims: the first number of each list is the depth's. */
export interface Depth {
  readonly N: number;
  readonly C: number;
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly output: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** [N, C, D, H, W] to [N * OD, C * kd, H, W]; 0 where a window reaches over the edge. */
export function depthWindows(x: Tensor, g: Depth): Tensor {
  const [, H, W] = g.input as [number, number, number];
  const shape = [g.N * g.output[0]!, g.C * g.kernel[0]!, H, W];
  const out = allocateShape("depthWindows", shape, "float32");
  fillContiguous(out, 0);
  eachTap(g, x.layout, out.layout, (image, windows) =>
    tidy(() => writeInto(out, windows, alias(x, image))),
  );
  return record("depthWindows", out, [x], {}, (dy) => [() => depthSum(dy, g)]);
}

/** [N * OD, C * kd, H, W] to [N, C, D, H, W]: each slice is the sum of what stands for it in the windows. */
export function depthSum(x: Tensor, g: Depth): Tensor {
  const out = allocateShape("depthSum", [g.N, g.C, ...g.input], "float32");
  fillContiguous(out, 0);
  withContiguous(x, (x) =>
    eachTap(g, out.layout, x.layout, (image, windows) =>
      withGrad(false, () => tidy(() => void add_(alias(out, image), alias(x, windows)))),
    ),
  );
  return record("depthSum", out, [x], {}, (dy) => [() => depthWindows(dy, g)]);
}

/** Calls `visit` for each tap: where its slices lie in the image and in the (row-major) windows, as [N, windows, C, H, W]. */
function eachTap(
  g: Depth,
  image: Layout,
  windows: Layout,
  visit: (image: Layout, windows: Layout) => void,
): void {
  const [N, C, D, H, W] = image.shape as [number, number, number, number, number];
  const [OD, kd, stride] = [g.output[0]!, g.kernel[0]!, g.stride[0]!];
  const [sn, sc, sd, sh, sw] = image.strides as [number, number, number, number, number];
  for (let tap = 0; tap < kd; tap++) {
    const from = tap * g.dilation[0]! - g.padding[0]!; // the slice that window 0 reads
    const lo = Math.max(0, Math.ceil(-from / stride));
    const shape = [N, Math.min(OD, Math.floor((D - 1 - from) / stride) + 1) - lo, C, H, W];
    if (shape[1]! <= 0) continue;
    const strides = [OD * C * kd * H * W, C * kd * H * W, kd * H * W, W, 1];
    visit(
      stridedLayout(shape, [sn, stride * sd, sc, sh, sw], image.offset + (from + lo * stride) * sd),
      stridedLayout(shape, strides, windows.offset + (lo * C * kd + tap) * H * W),
    );
  }
}

/** [N * D, C, H, W] to [N, C, D, H, W]. */
export function fromSlices(x: Tensor, N: number, D: number): Tensor {
  const images = reshape(x, [N, D, ...x.shape.slice(1)]);
  return contiguous(transpose(images, 1, 2));
}

/** [N, C, D, H, W] to [N * D, C, H, W]. */
export function toSlices(x: Tensor): Tensor {
  const [N, C, D, H, W] = x.shape as [number, number, number, number, number];
  return reshape(transpose(x, 1, 2), [N * D, C, H, W]);
}
