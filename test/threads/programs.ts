// Programs whose kernel calls have many work units, in odd sizes: what threads share out. One of each
// family of kernels, with gradients where there are any.
import * as sg from "../../src/index.js";
import { type Tensor } from "../../src/index.js";

/** What `fn` gives for random inputs of these shapes, and their gradients. */
function withGrads(
  shapes: readonly (readonly number[])[],
  fn: (...x: Tensor[]) => Tensor,
): Tensor[] {
  const x = shapes.map((shape) => sg.randn([...shape], { requiresGrad: true }));
  const y = fn(...x);
  y.mul(sg.rand(y.shape)).sum().backward();
  return [y, ...x.map((t) => t.grad!)];
}

/** A layer's output and the gradients of its parameters. */
function layer(
  module: { forward(x: Tensor): Tensor; parameters(): Tensor[] },
  shape: readonly number[],
): Tensor[] {
  const y = module.forward(sg.randn([...shape]));
  y.square().mean().backward();
  return [y, ...module.parameters().map((p) => p.grad!)];
}

export const programs: Record<string, () => Tensor[]> = {
  "matmul, columns": () =>
    withGrads(
      [
        [65, 33],
        [33, 517],
      ],
      (a, b) => a.matmul(b),
    ),
  "matmul, rows": () =>
    withGrads(
      [
        [517, 33],
        [33, 65],
      ],
      (a, b) => a.matmul(b),
    ),
  "matmul, batched": () =>
    withGrads(
      [
        [5, 65, 33],
        [5, 33, 130],
      ],
      (a, b) => a.matmul(b),
    ),
  "matmul, one row": () =>
    withGrads(
      [
        [1, 300],
        [1100, 300],
      ],
      (a, b) => a.matmul(b.t()),
    ),
  linear: () => withGrads([[67, 130], [200, 130], [200]], (x, w, b) => sg.linear(x, w, b)),
  "conv2d 3x3": () =>
    withGrads([[3, 17, 29, 31], [18, 17, 3, 3], [18]], (x, w, b) =>
      sg.conv2d(x, w, b, { padding: 1 }),
    ),
  "conv2d 5x5": () =>
    withGrads([[3, 17, 29, 31], [18, 17, 5, 5], [18]], (x, w, b) =>
      sg.conv2d(x, w, b, { padding: 2 }),
    ),
  "conv2d 5x5, stride 2": () =>
    withGrads(
      [
        [3, 5, 33, 37],
        [9, 5, 5, 5],
      ],
      (x, w) => sg.conv2d(x, w, null, { stride: 2 }),
    ),
  "conv2d 1x1": () =>
    withGrads(
      [
        [3, 33, 17, 19],
        [35, 33, 1, 1],
      ],
      (x, w) => sg.conv2d(x, w),
    ),
  "conv2d depthwise": () =>
    withGrads(
      [
        [3, 13, 29, 31],
        [13, 1, 3, 3],
      ],
      (x, w) => sg.conv2d(x, w, null, { padding: 1, groups: 13 }),
    ),
  elementwise: () => withGrads([[101, 333], [333]], (a, b) => a.mul(b).tanh().add(a.gelu())),
  "elementwise, strided": () =>
    withGrads(
      [
        [101, 333],
        [333, 101],
      ],
      (a, b) => a.mul(b.t().exp()),
    ),
  softmax: () => withGrads([[77, 130]], (x) => x.softmax(1).add(x.logSoftmax(0))),
  norms: () => [
    ...layer(new sg.nn.LayerNorm(130), [77, 130]),
    ...layer(new sg.nn.BatchNorm2d(13), [7, 13, 11, 9]),
    ...layer(new sg.nn.GroupNorm(2, 14), [7, 14, 11, 9]),
  ],
  reductions: () => {
    const x = sg.randn([37, 1100, 3]);
    const parts = [x.sum(0), x.sum(1), x.sum(2), x.sum(), x.amax(1), x.std(1), x.prod(0)];
    return [...parts, x.argmax(1), x.max(0).indices, x.norm(), x.cumsum(1), x.median(1).values];
  },
  pooling: () =>
    withGrads([[3, 7, 33, 35]], (x) =>
      sg.maxPool2d(x, 3, { stride: 2 }).add(sg.avgPool2d(x, 3, { stride: 2 })),
    ),
  "sorting and indexing": () => {
    const x = sg.randn([130, 257]);
    const index = sg.randint(0, 130, [300]);
    const { values, indices } = x.sort(1);
    const parts = [values, indices, x.topk(7, 1).values, x.indexSelect(0, index)];
    return [...parts, x.gather(1, indices), sg.embedding(index, x), x.maskedSelect(x.gt(0))];
  },
  embedding: () => {
    const weight = sg.randn([100, 33], { requiresGrad: true });
    const y = sg.embedding(sg.randint(0, 100, [300]), weight);
    y.square().sum().backward();
    return [y, weight.grad!];
  },
  attention: () =>
    withGrads(
      [
        [3, 4, 70, 16],
        [3, 4, 70, 16],
        [3, 4, 70, 16],
      ],
      (q, k, v) => sg.scaledDotProductAttention(q, k, v, { isCausal: true }),
    ),
  recurrent: () => {
    const lstm = new sg.nn.LSTM(13, 17, { bidirectional: true });
    const { output } = lstm.forward(sg.randn([9, 19, 13]));
    output.square().mean().backward();
    return [output, ...lstm.parameters().map((p) => p.grad!)];
  },
  losses: () => {
    const target = sg.randint(0, 33, [300]);
    return withGrads([[300, 33]], (x) => sg.crossEntropy(x, target, { labelSmoothing: 0.1 }));
  },
  random: () => [
    ...[sg.rand([5000]), sg.randn([5001]), sg.randint(0, 9, [5002]), sg.bernoulli(sg.rand([4099]))],
    sg.dropout(sg.ones([5003]), 0.5),
  ],
  "linear algebra": () => {
    const a = sg.randn([6, 9, 9]);
    return [sg.solve(a, sg.randn([6, 9, 2])), sg.qr(a).R, sg.svd(a).S, sg.cdist(a, a), sg.det(a)];
  },
  signal: () => [sg.rfft(sg.randn([9, 501])), sg.stft(sg.randn([5, 1000]), 64)],
  images: () => [
    sg.interpolate(sg.randn([3, 5, 17, 19]), { size: [33, 40], mode: "bicubic" }),
    sg.fold(sg.unfold(sg.randn([2, 3, 12, 12]), 3), [12, 12], 3),
  ],
};

/** All that a program computes, in bytes. */
export function bytesOf(program: () => Tensor[]): Buffer {
  sg.manualSeed(7);
  return Buffer.concat(
    program().map((t) => Buffer.from(t.detach().contiguous().toTypedArray().buffer as ArrayBuffer)),
  );
}
