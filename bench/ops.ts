// The speed of single ops, for docs/ops.md: `npm run bench:ops` measures each on one core and writes
// bench/ops.json. GB/s counts the bytes that an op must read and write, GFLOP/s one multiplication and
// one addition as two. Machines are noisy: repeat it, and compare within one run.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import * as sg from "simdgrad";

type Op = (...args: unknown[]) => unknown;
const op = (name: string): Op => (sg as unknown as Record<string, Op>)[name]!;

const N = 1 << 20;
const flat = sg.rand([N]).mul(0.8).add(0.1);
const flat2 = sg.rand([N]).mul(0.8).add(0.1);
const square = flat.reshape([1024, 1024]);
const square2 = flat2.reshape([1024, 1024]);
const whole = sg.randint(0, 1024, [N]);
const squareInts = whole.reshape([1024, 1024]);
const half = square.gt(0.5);

interface Job {
  readonly run: () => unknown;
  /** Bytes (GB/s) or, with `flops`, operations of a call. */
  readonly work: number;
  readonly flops?: true;
}

const jobs = new Map<string, Job>();

function each(names: string, bytes: number, args: () => unknown[]): void {
  for (const name of names.split(" ")) {
    const given = args();
    jobs.set(name, { run: () => op(name)(...given), work: bytes });
  }
}

function bytes(name: string, work: number, run: () => unknown): void {
  jobs.set(name, { run, work });
}

function flops(name: string, work: number, run: () => unknown): void {
  jobs.set(name, { run, work, flops: true });
}

// 1M elements: read once, written once.
each(
  "abs acos asin atan atanh cbrt ceil celu clone cos cosh digamma elu erf erfc erfinv exp exp2 expm1 " +
    "floor frac gelu hardshrink hardsigmoid hardswish hardtanh leakyRelu lgamma log log10 log1p log2 " +
    "logit logsigmoid mish nanToNum neg reciprocal relu relu6 round rsqrt selu sigmoid sign silu sin " +
    "sinh asinh softplus softshrink softsign sqrt square tan tanh tanhshrink trunc dropout zerosLike " +
    "cumsum cumprod flip",
  8 * N,
  () => [flat, 0],
);
for (const name of ["celu", "elu", "leakyRelu", "hardshrink", "softshrink", "round", "gelu"]) {
  jobs.set(name, { run: () => op(name)(flat), work: 8 * N });
}
bytes("softplus", 8 * N, () => sg.softplus(flat));
bytes("hardtanh", 8 * N, () => sg.hardtanh(flat));
bytes("logit", 8 * N, () => sg.logit(flat));
bytes("nanToNum", 8 * N, () => sg.nanToNum(flat));
bytes("acosh", 8 * N, () => sg.acosh(square2));
bytes("dropout", 8 * N, () => sg.dropout(flat, 0.5));
bytes("zerosLike", 4 * N, () => sg.zerosLike(flat));
bytes("clamp", 8 * N, () => sg.clamp(flat, 0.2, 0.7));
bytes("threshold", 8 * N, () => sg.threshold(flat, 0.5, 0));
bytes("to", 8 * N, () => sg.to(whole, "float32"));
bytes("isnan", 5 * N, () => sg.isnan(flat));
// Two operands.
each("add sub mul div maximum minimum fmin fmax pow atan2 hypot logaddexp xlogy remainder fmod floorDivide", 12 * N, () => [flat, flat2]); // prettier-ignore
each("eq ne lt le gt ge logicalAnd logicalOr", 9 * N, () => [flat, flat2]);
each("bitwiseAnd bitwiseOr bitwiseXor", 12 * N, () => [whole, whole]);
bytes("lerp", 12 * N, () => sg.lerp(flat, flat2, 0.3));
bytes("addcmul", 16 * N, () => sg.addcmul(flat, flat2, flat2));
bytes("addcdiv", 16 * N, () => sg.addcdiv(flat, flat2, flat2));
bytes("where", 13 * N, () => sg.where(half, square, square2));
bytes("maskedFill", 9 * N, () => sg.maskedFill(square, half, 0));
// Reductions and scans along the last dim of [1024, 1024].
each("sum mean prod amax amin argmax argmin variance std logsumexp nansum nanmean countNonzero", 4 * N, () => [square, 1]); // prettier-ignore
each("max min median sort argsort cummax cummin logcumsumexp softmax logSoftmax msort", 8 * N, () => [square, 1]); // prettier-ignore
bytes("msort", 8 * N, () => sg.msort(square));
bytes("topk", 4 * N, () => sg.topk(square, 10));
bytes("norm", 4 * N, () => sg.norm(square, 2, 1));
bytes("layerNorm", 8 * N, () => sg.layerNorm(square, 1024));
bytes("rmsNorm", 8 * N, () => sg.rmsNorm(square, 1024));
bytes("crossEntropy", 4 * N, () => sg.crossEntropy(square, squareInts.select(1, 0)));
bytes("mseLoss", 8 * N, () => sg.mseLoss(flat, flat2));
bytes("bceWithLogits", 8 * N, () => sg.bceWithLogits(flat, flat2));
// Moves.
bytes("contiguous", 8 * N, () => sg.contiguous(square.t()));
bytes("cat", 16 * N, () => sg.cat([square, square2]));
bytes("stack", 16 * N, () => sg.stack([square, square2]));
bytes("pad", 8 * N, () => sg.pad(square, [1, 1, 1, 1]));
bytes("roll", 8 * N, () => sg.roll(square, 5, 1));
bytes("tril", 8 * N, () => sg.tril(square));
bytes("gather", 12 * N, () => sg.gather(square, 1, squareInts));
bytes("scatterAdd", 16 * N, () => sg.scatterAdd(square, 1, squareInts, square2));
bytes("indexSelect", 8 * N, () => sg.indexSelect(square, 0, squareInts.select(0, 0)));
bytes("embedding", 8 * N, () => sg.embedding(squareInts.select(0, 0), square));
bytes("maskedSelect", 7 * N, () => sg.maskedSelect(square, half));
bytes("nonzero", 5 * N, () => sg.nonzero(half));
bytes("randn", 4 * N, () => sg.randn([N]));
bytes("rand", 4 * N, () => sg.rand([N]));
// Products.
const [m, k] = [sg.randn([512, 512]), sg.randn([512, 512])];
flops("matmul", 2 * 512 ** 3, () => sg.matmul(m, k));
flops("mm", 2 * 512 ** 3, () => sg.mm(m, k));
flops("linear", 2 * 512 ** 3, () => sg.linear(m, k));
flops("mv", 2 * 512 ** 2, () => sg.mv(m, k.select(0, 0)));
flops("addmm", 2 * 512 ** 3, () => sg.addmm(m, m, k));
const [batch, batch2] = [sg.randn([16, 128, 128]), sg.randn([16, 128, 128])];
flops("bmm", 32 * 128 ** 3, () => sg.bmm(batch, batch2));
flops("einsum", 32 * 128 ** 3, () => sg.einsum("bij,bjk->bik", batch, batch2));
flops("inv", 16 * 2 * 128 ** 3, () => sg.inv(batch));
flops("solve", 16 * (8 / 3) * 128 ** 3, () => sg.solve(batch, batch2));
flops("cdist", 3 * 512 ** 3, () => sg.cdist(m, k));
const heads = sg.randn([8, 4, 256, 64]);
flops("scaledDotProductAttention", 4 * 32 * 256 * 256 * 64, () =>
  sg.scaledDotProductAttention(heads, heads, heads),
);
const images = sg.randn([8, 64, 28, 28]);
const [w1, w2, w3] = [sg.randn([64, 64, 3]), sg.randn([64, 64, 3, 3]), sg.randn([16, 16, 3, 3, 3])];
const points = 8 * 64 * 64 * 2;
flops("conv1d", points * 784 * 3, () => sg.conv1d(images.flatten(2), w1, null, { padding: 1 }));
flops("conv2d", points * 784 * 9, () => sg.conv2d(images, w2, null, { padding: 1 }));
flops("convTranspose2d", points * 784 * 9, () => sg.convTranspose2d(images, w2, null, { padding: 1 })); // prettier-ignore
const volumes = sg.randn([2, 16, 16, 16, 16]);
flops("conv3d", 2 * 16 * 16 * 2 * 4096 * 27, () => sg.conv3d(volumes, w3, null, { padding: 1 }));
// Images and signals.
const pixels = 4 * images.numel();
bytes("maxPool2d", 1.25 * pixels, () => sg.maxPool2d(images, 2));
bytes("avgPool2d", 1.25 * pixels, () => sg.avgPool2d(images, 2));
bytes("batchNorm", 2 * pixels, () =>
  sg.batchNorm(images, null, null, null, null, { training: true }),
);
bytes("groupNorm", 2 * pixels, () => sg.groupNorm(images, 8));
bytes("interpolate", 5 * pixels, () =>
  sg.interpolate(images, { scaleFactor: 2, mode: "bilinear" }),
);
bytes("pixelShuffle", 2 * pixels, () => sg.pixelShuffle(images, 2));
bytes("unfold", 10 * pixels, () => sg.unfold(images, 3, { padding: 1 }));
const complex = square.reshape([512, 1024, 2]);
flops("fft", 512 * 5 * 1024 * 10, () => sg.fft(complex));
flops("rfft", 1024 * 2.5 * 1024 * 10, () => sg.rfft(square));

/** Seconds of a call: the median of calls that take about 30 ms together, after some to warm up. */
function seconds(run: () => unknown): number {
  const call = (): number => {
    const start = performance.now();
    sg.tidy(() => void sg.noGrad(run));
    return (performance.now() - start) / 1e3;
  };
  for (let i = 0; i < 5; i++) call();
  const times: number[] = [];
  for (let left = 0.03; times.length < 5 || (left > 0 && times.length < 200);) {
    const time = call();
    times.push(time);
    left -= time;
  }
  return times.sort((a: number, b: number) => a - b)[times.length >> 1]!;
}

const speeds: Record<string, string> = {};
for (const [name, { run, work, flops: isFlops }] of [...jobs].sort(([a], [b]) =>
  a < b ? -1 : 1,
)) {
  const rate = work / seconds(run) / 1e9;
  speeds[name] = `${rate.toFixed(rate < 10 ? 2 : 1)} ${isFlops ? "GFLOP/s" : "GB/s"}`;
  console.log(name.padEnd(28), speeds[name]);
}
const machine = `${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
const file = new URL("ops.json", import.meta.url);
writeFileSync(file, `${JSON.stringify({ machine, speeds }, null, 2)}\n`);
