/**
 * The library as a contestant, used as its README says. Only the large single ops release their
 * results by hand, as the peers must.
 */
import {
  type Tensor,
  add,
  capture,
  conv2d,
  exp,
  gelu,
  layerNorm,
  matmul,
  mul,
  relu,
  setThreads,
  sigmoid,
  softmax,
  sum,
  tanh,
} from "simdgrad";
import type { Contestant, Job } from "./contestant.js";
import { modelJob, toTensor } from "./models.js";
import { LAYER_NORM_EPS, type Task } from "./tasks.js";

/** A job that runs one op and lets go of its result. */
function op(compute: () => Tensor): Job {
  return { run: () => compute().dispose(), check: () => compute().toTypedArray() };
}

function matmuls({ transposed }: Task & { kind: "matmul" }, a: Tensor, b: Tensor): Job {
  const left = transposed === "a" ? a.transpose(-2, -1) : a;
  const right = transposed === "b" ? b.transpose(-2, -1) : b;
  return op(() => matmul(left, right));
}

const unary = { exp, tanh, gelu: (x: Tensor) => gelu(x, { approximate: "tanh" }), sigmoid, relu };

function rmsNorm(x: Tensor, w: Tensor): Tensor {
  const mean = x.square().mean(-1, { keepdim: true });
  return x.mul(mean.add(LAYER_NORM_EPS).rsqrt()).mul(w);
}

type Operands = [Tensor, Tensor, Tensor, Tensor, Tensor];

const contestant: Contestant = {
  async start(threads) {
    if (threads > 1) await setThreads(threads);
  },
  prepare(task, inputs) {
    if ("mode" in task) return modelJob(task, inputs);
    const [a, b, c, d, e] = inputs.operands.map(toTensor) as Operands;
    switch (task.kind) {
      case "eagerAdd":
        if (task.recorded) a.requiresGrad = true;
        return { run: () => a.add(b), check: () => a.add(b).toTypedArray() };
      case "matmul":
        return matmuls(task, a, b);
      case "conv2d": {
        const { padding, groups } = task;
        const forward = (): Tensor => conv2d(a, b, null, { padding, groups });
        return op(task.relu ? capture(() => forward().relu()) : forward);
      }
      case "unary":
        return op(() => unary[task.fn](a));
      case "binary":
        return op(() => (task.fn === "mul" ? mul : add)(a, b));
      case "chain":
        return op(capture(() => a.sub(b).mul(b).add(a).square()));
      case "standardise":
        return op(capture(() => a.sub(b).mul(c).mul(d).add(e)));
      case "rows":
        return task.fn === "softmax"
          ? op(() => softmax(a, 1))
          : op(() => layerNorm(a, [task.cols], b, c, { eps: LAYER_NORM_EPS }));
      case "norm":
        return task.fn === "residual"
          ? op(capture(() => layerNorm(a.add(b), [task.cols], c, d, { eps: LAYER_NORM_EPS })))
          : op(capture(() => rmsNorm(a, c)));
      case "sum":
        return op(() => (task.dim === null ? sum(a) : sum(a, task.dim)));
    }
  },
};

export default contestant;
