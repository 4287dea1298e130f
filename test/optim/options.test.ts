// What an optimiser takes: groups of parameters, options, an update of one's own, gradients given by hand.
import { describe, expect, it } from "vitest";
import { DTypeError, ones, optim, ShapeError, type Tensor, tensor, ValueError, zeros } from "../../src/index.js"; // prettier-ignore

/** A parameter with a gradient. */
function param(values: number[], grad: number[] | null = values.map(() => 1)): Tensor {
  const p = tensor(values, { requiresGrad: true });
  if (grad !== null) p.grad = tensor(grad);
  return p;
}

/** PyTorch's Adam of one float64 number whose gradient is `gradOf(p)`, its betas given for each step. */
function adamOracle(
  p: number,
  lr: number,
  gradOf: (p: number) => number,
  betas: number[][],
): number {
  let [m, v] = [0, 0];
  betas.forEach(([b1 = 0, b2 = 0], i) => {
    const g = gradOf(p);
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    const [rest1, rest2] = [1 - b1 ** (i + 1), 1 - b2 ** (i + 1)];
    p -= ((lr / rest1) * m) / (Math.sqrt(v / rest2) + 1e-8);
  });
  return p;
}

describe("betas that change", () => {
  it("count for all steps so far in the correction of the means, as in PyTorch", () => {
    const p = param([1], null);
    const optimizer = new optim.Adam([p], { lr: 0.1 });
    const betas = [0.95, 0.85, 0.95, 0.9].map((b) => [b, 0.999]);
    for (const [b1, b2] of betas) {
      optimizer.groups[0]!.betas = [b1!, b2!];
      optimizer.zeroGrad();
      p.square().sum().backward();
      optimizer.step();
    }
    expect(p.item()).toBeCloseTo(
      adamOracle(1, 0.1, (p) => 2 * p, betas),
      6,
    );
  });

  it("of OneCycleLR's: PyTorch's weights after six steps", () => {
    const p = param([1, -2], null);
    const optimizer = new optim.Adam([p], { lr: 0.1 });
    const cycle = new optim.OneCycleLR(optimizer, 0.1, { totalSteps: 10 });
    for (let i = 0; i < 6; i++) {
      optimizer.zeroGrad();
      p.square().sum().backward();
      optimizer.step();
      cycle.step();
    }
    const [a, b] = p.toArray() as number[];
    expect(a).toBeCloseTo(0.6785, 4);
    expect(b).toBeCloseTo(-1.67473, 4);
  });
});

describe("a list of optimisers of any kind", () => {
  it("needs no type argument, and schedulers take what is in it", () => {
    const make = (): Tensor[] => [param([1])];
    const all: optim.Optimizer[] = [
      ...[new optim.SGD(make()), new optim.Adam(make()), new optim.LBFGS(make())],
      new optim.RMSprop(make()),
    ];
    for (const optimizer of all) {
      optimizer.groups[0]!.lr = 0.5;
      const scheduler = new optim.ExponentialLR(optimizer, 0.5);
      scheduler.step();
      expect(scheduler.getLastLr()).toEqual([0.25]);
    }
  });
});

describe("options that are none", () => {
  it("are refused: PyTorch's positional rate, say", () => {
    const one = (options: unknown) => () => new optim.SGD([param([1])], options as object);
    expect(one(0.1)).toThrow(ValueError);
    expect(one(0.1)).toThrow(/\[SGD\] options must be an object: got 0.1/);
    const scheduler = () => new optim.StepLR(new optim.SGD([param([1])]), 1, 0.5 as never);
    expect(scheduler).toThrow(/\[StepLR\] options must be an object: got 0.5/);
    const clip = () => optim.clipGradNorm([param([1])], 1, { norm_type: 1 } as never);
    expect(clip).toThrow(/\[clipGradNorm\] option norm_type is unknown/);
  });
});

describe("parameter groups", () => {
  it("have options of their own, and the optimiser's for the rest", () => {
    const [slow, fast] = [param([0]), param([0])];
    const optimizer = new optim.SGD([{ params: [slow] }, { params: [fast], lr: 1 }], { lr: 0.25 });
    optimizer.step();
    expect([slow.item(), fast.item()]).toEqual([-0.25, -1]);
    expect(optimizer.groups.map((g) => [g.lr, g.momentum])).toEqual([
      [0.25, 0],
      [1, 0],
    ]);
    for (const group of optimizer.groups) group.lr /= 2;
    optimizer.step();
    expect([slow.item(), fast.item()]).toEqual([-0.375, -1.5]);
  });

  it("are saved and loaded each by itself", () => {
    const make = (): optim.Adam =>
      new optim.Adam([
        { params: [param([1])], lr: 0.5 },
        { params: [param([2])], betas: [0.5, 0.5] },
      ]);
    const from = make();
    from.groups[0]!.lr = 0.125;
    const to = make();
    to.loadStateDict(from.stateDict());
    expect(to.groups.map((g) => [g.lr, g.betas])).toEqual([
      [0.125, [0.9, 0.999]],
      [0.001, [0.5, 0.5]],
    ]);
    expect(from.stateDict().groups[0]).not.toHaveProperty("params");
  });

  it("must not share parameters or mix with plain ones", () => {
    const p = param([1]);
    expect(() => new optim.SGD([{ params: [p] }, { params: [p] }])).toThrow("twice");
    const mixed = [{ params: [p] }, param([2])] as unknown as Tensor[];
    expect(() => new optim.SGD(mixed)).toThrow(ValueError);
    expect(() => new optim.SGD([{ params: [p], lr: -1 }])).toThrow(ValueError);
  });
});

describe("options", () => {
  const p = param([1]);
  const refused: [string, () => unknown, string][] = [
    ["a negative rate", () => new optim.SGD([p], { lr: -1 }), "[SGD] lr"],
    ["a rate of NaN", () => new optim.Adam([p], { lr: NaN }), "[Adam] lr"],
    ["AdamW's under its own name", () => new optim.AdamW([p], { lr: NaN }), "[AdamW] lr"],
    ["negative momentum", () => new optim.SGD([p], { momentum: -0.1 }), "[SGD] momentum"],
    ["dampening of NaN", () => new optim.SGD([p], { dampening: NaN }), "[SGD] dampening"],
    ["negative decay", () => new optim.SGD([p], { weightDecay: -1 }), "[SGD] weightDecay"],
    ["nesterov alone", () => new optim.SGD([p], { nesterov: true }), "[SGD] nesterov"],
    ["nesterov with dampening", () => new optim.SGD([p], { nesterov: true, momentum: 0.9, dampening: 0.1 }), "[SGD] nesterov"], // prettier-ignore
    ["rho 2", () => new optim.Adadelta([p], { rho: 2 }), "[Adadelta] rho"],
    ["momentumDecay -1", () => new optim.NAdam([p], { momentumDecay: -1 }), "[NAdam] momentumDecay"], // prettier-ignore
    ["a sum below 0", () => new optim.Adagrad([p], { initialAccumulatorValue: -1 }), "[Adagrad] initialAccumulatorValue"], // prettier-ignore
    ["half an iteration", () => new optim.LBFGS([p], { maxIter: 2.5 }), "[LBFGS] maxIter must be an integer"], // prettier-ignore
    ["half an evaluation", () => new optim.LBFGS([p], { maxEval: 2.5 }), "[LBFGS] maxEval must be an integer"], // prettier-ignore
    ["half a step to remember", () => new optim.LBFGS([p], { historySize: 1.5 }), "[LBFGS] historySize must be an integer"], // prettier-ignore
    ["no change below 0", () => new optim.LBFGS([p], { toleranceChange: -1 }), "[LBFGS] toleranceChange"], // prettier-ignore
    ["beta 1", () => new optim.Adam([p], { betas: [0.9, 1] }), "[Adam] betas"],
    ["beta -0.1", () => new optim.Adam([p], { betas: [-0.1, 0.9] }), "[Adam] betas"],
    ["one beta", () => new optim.Adam([p], { betas: [0.9] as never }), "[Adam] betas"],
    ["a beta alone", () => new optim.AdamW([p], { betas: 0.9 as never }), "[AdamW] betas"],
    ["negative eps", () => new optim.Adam([p], { eps: -1e-8 }), "[Adam] eps"],
  ];
  it.each(refused)("refuse %s", (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });
});

describe("an update of one's own", () => {
  it("is asked for each parameter of an optimiser that joins them otherwise", () => {
    class Bounded extends optim.SGD {
      protected override update(p: Tensor, ...rest: [Tensor, optim.SGDOptions, never]): void {
        super.update(p, ...rest);
        p.clamp_(-1, 1);
      }
    }
    const params = [param([0.5, -3]), param([5])];
    new Bounded(params, { lr: 1 }).step();
    expect(params.map((p) => p.toArray())).toEqual([[-0.5, -1], [1]]);
  });
});

describe("gradients given by hand", () => {
  it("must have the tensor's shape and be float32", () => {
    const p = zeros([1000], { requiresGrad: true });
    expect(() => (p.grad = ones([1]))).toThrow(ShapeError);
    expect(() => (p.grad = zeros([1000], { dtype: "int32" }))).toThrow(DTypeError);
    expect(p.grad).toBeNull();
  });
});
