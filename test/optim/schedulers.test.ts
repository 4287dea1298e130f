// Schedulers beyond their reference values: what they refuse, states that don't fit, groups, warm-up.
import { describe, expect, it } from "vitest";
import { optim, tensor, ValueError } from "../../src/index.js";

const groups = () =>
  [0.5, 0.25].map((lr) => ({ params: [tensor([1], { requiresGrad: true })], lr }));
const sgd = (): optim.SGD => new optim.SGD(groups());
const rates = (o: optim.SGD): number[] => o.groups.map((g) => g.lr);

describe("schedulers", () => {
  const one = sgd();
  const refused: [string, () => unknown, RegExp][] = [
    ["StepLR", () => new optim.StepLR(one, 0), /\[StepLR\] stepSize .*: got 0/],
    ["a gamma of NaN", () => new optim.ExponentialLR(one, NaN), /\[ExponentialLR\] gamma .*NaN/],
    [
      "an object for a gamma",
      () => new optim.ExponentialLR(one, { gamma: 0.9 } as never),
      /\[ExponentialLR\] gamma must be a number: got /,
    ],
    [
      "a word for a power",
      () => new optim.PolynomialLR(one, { power: "2" as never }),
      /\[PolynomialLR\] power must be a number: got "2"/,
    ],
    [
      "a word for a minLr",
      () => new optim.ReduceLROnPlateau(one, { minLr: "0" as never }),
      /\[ReduceLROnPlateau\] minLr must be a number: got "0"/,
    ],
    [
      "no gamma",
      () => new optim.StepLR(one, 1, { gamma: undefined as never }),
      /gamma .*undefined/,
    ],
    [
      "ConstantLR",
      () => new optim.ConstantLR(one, { factor: 2 }),
      /factor must be a number in .*: got 2/,
    ],
    ["LinearLR from 0", () => new optim.LinearLR(one, { startFactor: 0 }), /startFactor .*: got 0/],
    ["LinearLR to 2", () => new optim.LinearLR(one, { endFactor: 2 }), /endFactor .*: got 2/],
    ["LinearLR", () => new optim.LinearLR(one, { endFactor: -1 }), /endFactor .*: got -1/],
    ["CosineAnnealingLR", () => new optim.CosineAnnealingLR(one, 0.5), /tMax .*: got 0.5/],
    ["restarts", () => new optim.CosineAnnealingWarmRestarts(one, 0), /t0 .*: got 0/],
    ["tMult", () => new optim.CosineAnnealingWarmRestarts(one, 1, { tMult: 1.5 }), /tMult .*1.5/],
    ["LambdaLR", () => new optim.LambdaLR(one, [() => 1]), /one for each of 2 groups: got 1/],
    ["no steps", () => new optim.OneCycleLR(one, 1), /\[OneCycleLR\] totalSteps .*: got 0/],
    ["maxLr", () => new optim.OneCycleLR(one, [1], { totalSteps: 3 }), /maxLr .*2 groups: got 1/],
    ["a maxLr below 0", () => new optim.OneCycleLR(one, [1, -1], { totalSteps: 3 }), /maxLr .*: got -1/], // prettier-ignore
    ["pctStart", () => new optim.OneCycleLR(one, 1, { totalSteps: 3, pctStart: 2 }), /pctStart/],
    ["annealStrategy", () => new optim.OneCycleLR(one, 1, { totalSteps: 3, annealStrategy: "no" as never }), /annealStrategy .*: got "no"/], // prettier-ignore
    ["a factor of 1", () => new optim.ReduceLROnPlateau(one, { factor: 1 }), /factor .*: got 1/],
    [
      "mode",
      () => new optim.ReduceLROnPlateau(one, { mode: "no" as never }),
      /mode must be min or max: got "no"/,
    ],
    ["half an epoch", () => new optim.ConstantLR(one, { totalIters: 2.5 }), /\[ConstantLR\] totalIters must be an integer.*: got 2.5/], // prettier-ignore
    [
      "LinearLR's too",
      () => new optim.LinearLR(one, { totalIters: 0.5 }),
      /totalIters .*: got 0.5/,
    ],
    [
      "no end",
      () => new optim.PolynomialLR(one, { totalIters: Infinity }),
      /totalIters .*Infinity/,
    ],
    [
      "epochs below 0",
      () => new optim.ConstantLR(one, { totalIters: -1 }),
      /totalIters .*: got -1/,
    ],
    ["half a patience", () => new optim.ReduceLROnPlateau(one, { patience: 0.5 }), /patience .*: got 0.5/], // prettier-ignore
    ["half a cooldown", () => new optim.ReduceLROnPlateau(one, { cooldown: 0.5 }), /cooldown .*: got 0.5/], // prettier-ignore
    ["half a milestone", () => new optim.MultiStepLR(one, [1.5]), /milestones .*: got 1.5/],
    ["milestones the wrong way", () => new optim.SequentialLR(one, [1, 2, 3].map((n) => new optim.StepLR(one, n)), [5, 2]), /milestones .*: got 2/], // prettier-ignore
    ["unknown options", () => new optim.StepLR(one, 1, { gama: 0.5 } as object), /\[StepLR\] option gama is unknown .*stepSize, gamma/], // prettier-ignore
    ["OneCycleLR's", () => new optim.OneCycleLR(one, 1, { total_steps: 3 } as object), /option total_steps is unknown/], // prettier-ignore
    ["ReduceLROnPlateau's", () => new optim.ReduceLROnPlateau(one, { patient: 3 } as object), /option patient is unknown/], // prettier-ignore
    ["a rate that is none", () => new optim.LambdaLR(one, (() => Promise.resolve(1)) as never), /\[LambdaLR\] the rate must be a number: got NaN/], // prettier-ignore
    ["no metric", () => new optim.ReduceLROnPlateau(one).step(), /takes the metric.*undefined/],
    [
      "no schedulers",
      () => new optim.ChainedScheduler([]),
      /\[ChainedScheduler\] takes schedulers/,
    ],
    ["another optimiser", () => new optim.ChainedScheduler([new optim.StepLR(one, 1), new optim.StepLR(sgd(), 1)]), /all of them of one optimiser/], // prettier-ignore
    ["too many milestones", () => new optim.SequentialLR(one, [new optim.StepLR(one, 1)], [3, 4]), /0 milestones: got 2/], // prettier-ignore
    ["milestones", () => new optim.SequentialLR(one, [new optim.StepLR(one, 1)], [3]), /takes 0 milestones: got 1/], // prettier-ignore
  ];
  it.each(refused)("refuse %s", (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });

  it("need an optimiser with a momentum to cycle it", () => {
    const adagrad = new optim.Adagrad(groups());
    const make = (): unknown => new optim.OneCycleLR(adagrad, 1, { totalSteps: 9 });
    expect(make).toThrow("[OneCycleLR] cycleMomentum needs an optimiser with momentum or betas");
    const cycle = new optim.OneCycleLR(new optim.Adam(groups()), 1, { totalSteps: 9 });
    expect(cycle.optimizer.groups[0]!.betas).toEqual([expect.closeTo(0.95, 14), 0.999]);
  });

  it("refuse the state of others, and change nothing then", () => {
    const from = new optim.StepLR(sgd(), 3).stateDict();
    const to = new optim.ExponentialLR(sgd(), 0.5);
    to.step();
    const before = to.stateDict();
    expect(() => to.loadStateDict(from)).toThrow("[ExponentialLR.loadStateDict] takes {");
    const single = new optim.SGD([tensor([1], { requiresGrad: true })]);
    const fewer = new optim.ExponentialLR(single, 0.5).stateDict();
    expect(() => to.loadStateDict(fewer)).toThrow(ValueError);
    const { options, state } = before;
    const { baseLrs: _, ...rest } = state;
    const others = [
      ...[{}, sgd().stateDict(), { ...before, state: rest }, { ...before, another: 1 }],
      ...[
        { ...before, options: { gamma: "0.5" } },
        { ...before, options: { ...options, more: 1 } },
      ],
      ...[
        { ...before, state: { ...state, baseLrs: [1] } },
        { ...before, schedulers: [before] },
      ],
    ];
    for (const other of others) {
      expect(() => to.loadStateDict(other as never)).toThrow(/\[ExponentialLR.loadStateDict\]/);
    }
    expect(to.stateDict()).toEqual(before);
  });

  it("save plain data that stays as it was", () => {
    const scheduler = new optim.MultiStepLR(sgd(), [1, 2], { gamma: 0.5 });
    const saved = scheduler.stateDict();
    const text = JSON.stringify(saved);
    scheduler.step();
    expect(JSON.stringify(saved)).toBe(text);
    scheduler.stateDict().state.baseLrs[0] = 9;
    expect(scheduler.stateDict().state.baseLrs).toEqual([0.5, 0.25]);
    const again = new optim.MultiStepLR(sgd(), [7], { gamma: 0.1 });
    again.loadStateDict(saved);
    again.step();
    expect(again.stateDict()).toEqual(scheduler.stateDict());
    expect(again.getLastLr()).toEqual([0.25, 0.125]);
  });

  it("may be several on one optimiser: each knows the rates that it had first", () => {
    const optimizer = sgd();
    const constant = new optim.ConstantLR(optimizer, { factor: 0.5, totalIters: 1 });
    const lambda = new optim.LambdaLR(optimizer, () => 1);
    expect(rates(optimizer)).toEqual([0.5, 0.25]);
    constant.step();
    expect(rates(optimizer)).toEqual([1, 0.5]);
    lambda.step();
    expect(rates(optimizer)).toEqual([0.5, 0.25]);
  });

  it("save with the optimiser the rates that they started from", () => {
    const optimizer = sgd();
    new optim.ConstantLR(optimizer, { factor: 0.5 });
    const other = sgd();
    other.loadStateDict(optimizer.stateDict());
    expect(new optim.LambdaLR(other, () => 3).getLastLr()).toEqual([1.5, 0.75]);
  });

  it("one after the other begin with the first rate, whatever the constructors of the later ones did", () => {
    const o = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
    const parts = [
      new optim.MultiplicativeLR(o, () => 0.5),
      new optim.LinearLR(o, { startFactor: 0.5, totalIters: 2 }),
    ];
    const all = new optim.SequentialLR(o, parts, [2]);
    const rates = Array.from({ length: 5 }, () => {
      const [lr] = all.getLastLr();
      all.step();
      return lr;
    });
    expect(rates).toEqual([1, 0.5, 0.5, 0.75, 1]);
  });

  it("may make a rate negative, and the optimiser's state can be loaded then", () => {
    const o = sgd();
    new optim.LambdaLR(o, (t) => (t === 0 ? -1 : 1));
    const other = sgd();
    other.loadStateDict(o.stateDict());
    expect(other.groups[0]!.lr).toBe(o.groups[0]!.lr);
    expect(other.groups[0]!.lr).toBeLessThan(0);
    const broken = o.stateDict();
    broken.groups[0]!.lr = NaN;
    expect(() => other.loadStateDict(broken)).toThrow(/lr must be a number: got NaN/);
  });

  it("start anew with restart(), compound ones with all they have", () => {
    const o = sgd();
    const warm = new optim.LinearLR(o, { startFactor: 0.5, totalIters: 2 });
    const inner = new optim.ChainedScheduler([new optim.ExponentialLR(o, 0.5)]);
    const all = new optim.SequentialLR(o, [warm, inner], [2]);
    const seen = (): number[] => Array.from({ length: 5 }, () => (all.step(), o.groups[0]!.lr));
    const first = seen();
    expect(first).toEqual([0.375, 0.5, 0.25, 0.125, 0.0625]);
    all.restart();
    expect(o.groups[0]!.lr).toBe(0.25);
    expect(seen()).toEqual(first);
    const plateau = new optim.ReduceLROnPlateau(o, { patience: 0 });
    plateau.step(1);
    plateau.step(1);
    plateau.restart();
    expect(plateau.lastEpoch).toBe(0);
    plateau.step(9);
    expect(o.groups[0]!.lr).toBeCloseTo(0.00625, 15);
  });

  it("start anew with restart() to what a chain of them gave first", () => {
    const optimizer = sgd();
    const chain = new optim.ChainedScheduler([
      new optim.ConstantLR(optimizer, { factor: 0.5, totalIters: 2 }),
      new optim.ExponentialLR(optimizer, 0.5),
      new optim.LinearLR(optimizer, { startFactor: 0.25, totalIters: 4 }),
      new optim.MultiplicativeLR(optimizer, () => 0.5),
    ]);
    const run = (): number[][] =>
      Array.from({ length: 5 }, (_, i) => {
        if (i > 0) chain.step();
        expect(chain.getLastLr()).toEqual(rates(optimizer));
        return rates(optimizer);
      });
    const first = run();
    expect(first[0]).toEqual([0.0625, 0.03125]);
    for (let i = 0; i < 2; i++) {
      chain.restart();
      expect(chain.lastEpoch).toBe(0);
      expect(run()).toEqual(first);
    }
    const nested = new optim.ChainedScheduler([chain, new optim.ExponentialLR(optimizer, 0.5)]);
    nested.restart();
    expect(nested.getLastLr()).toEqual(first[0]);
  });

  it("OneCycleLR makes its first rate the one that others start from", () => {
    const optimizer = sgd();
    new optim.OneCycleLR(optimizer, [1, 2], { totalSteps: 4, divFactor: 4, cycleMomentum: false });
    expect(optimizer.groups.map((g) => (g as { initialLr?: number }).initialLr)).toEqual([0.25, 0.5]); // prettier-ignore
    expect(new optim.LambdaLR(optimizer, () => 3).getLastLr()).toEqual([0.75, 1.5]);
  });

  it("OneCycleLR ends with its steps", () => {
    const scheduler = new optim.OneCycleLR(sgd(), 1, { totalSteps: 2, cycleMomentum: false });
    scheduler.step();
    scheduler.step();
    expect(() => scheduler.step()).toThrow("[OneCycleLR] all 2 steps are done: this is step 4");
  });
});

describe("what a schedule can't know", () => {
  it("is a group that came later", () => {
    const optimizer = sgd();
    const scheduler = new optim.CosineAnnealingWarmRestarts(optimizer, 3);
    optimizer.addParamGroup({ params: [tensor([1], { requiresGrad: true })] });
    expect(() => scheduler.step()).toThrow(/another group/);
  });

  it("a first phase without steps is over at once", () => {
    const optimizer = sgd();
    const scheduler = new optim.OneCycleLR(optimizer, 1, { totalSteps: 10, pctStart: 0.1 });
    for (let i = 0; i < 9; i++) {
      expect(rates(optimizer).every(Number.isFinite)).toBe(true);
      scheduler.step();
    }
  });
});

describe("a scheduler of one's own", () => {
  class Halving extends optim.LRScheduler<{ every: number }> {
    constructor(optimizer: optim.Scheduled, options?: { every?: number }) {
      super("Halving", optimizer, { every: 2 }, options);
    }
    protected lr(t: number, { lr }: optim.ScheduledGroup): number {
      return t > 0 && t % this.options.every === 0 ? lr / 2 : lr;
    }
  }

  it("says the rate, and is saved, resumed and refused like the others", () => {
    const optimizer = sgd();
    const scheduler = new Halving(optimizer);
    expect(scheduler).toBeInstanceOf(optim.Scheduler);
    for (let i = 0; i < 3; i++) scheduler.step();
    expect(rates(optimizer)).toEqual([0.25, 0.125]);
    expect(() => new Halving(optimizer, { often: 1 } as never)).toThrow(/\[Halving\] option often/);
    // What PyTorch's last_epoch is for: the optimiser's state keeps the first rates, this one the epoch.
    const other = sgd();
    const resumed = new Halving(other);
    other.loadStateDict(optimizer.stateDict());
    resumed.loadStateDict(scheduler.stateDict());
    for (const s of [scheduler, resumed]) s.step();
    expect([resumed.lastEpoch, ...rates(other)]).toEqual([4, ...rates(optimizer)]);
    expect(rates(other)).toEqual([0.125, 0.0625]);
  });
});
