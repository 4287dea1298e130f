// Twenty steps of each scheduler against PyTorch, with groups of two rates; halfway its state is saved
// and goes on in another one, exactly.
import { describe, expect, it } from "vitest";
import { optim, tensor } from "../../src/index.js";
import { asRelative, counted } from "./facts.js";
import { load } from "./fixtures.js";
import { checkNames, checkRows, type Rows } from "./layersPage.js";

/** See generator/optim_family.py: float64 numbers, the first before any step. */
interface SchedulerCase {
  readonly name: string;
  readonly rates: readonly (readonly number[])[];
  readonly momenta?: readonly (readonly number[])[];
  readonly metrics?: readonly (number | "nan")[];
}

type Optimizer = optim.SGD | optim.Adam;
const rate = (t: number): number => 1 / (1 + t);

/** By the name of the case; the options are those of the generator. */
const makes: Readonly<Record<string, (o: Optimizer) => optim.Scheduler>> = {
  StepLR: (o) => new optim.StepLR(o, 3, { gamma: 0.5 }),
  "StepLR default": (o) => new optim.StepLR(o, 7),
  MultiStepLR: (o) => new optim.MultiStepLR(o, [2, 5, 5, 13], { gamma: 0.3 }),
  "MultiStepLR default": (o) => new optim.MultiStepLR(o, [3, 11]),
  ExponentialLR: (o) => new optim.ExponentialLR(o, 0.9),
  "ConstantLR default": (o) => new optim.ConstantLR(o),
  ConstantLR: (o) => new optim.ConstantLR(o, { factor: 0.7, totalIters: 3 }),
  "LinearLR default": (o) => new optim.LinearLR(o),
  LinearLR: (o) => new optim.LinearLR(o, { startFactor: 0.9, endFactor: 0.1, totalIters: 13 }),
  "PolynomialLR default": (o) => new optim.PolynomialLR(o),
  PolynomialLR: (o) => new optim.PolynomialLR(o, { totalIters: 17, power: 0.9 }),
  CosineAnnealingLR: (o) => new optim.CosineAnnealingLR(o, 7, { etaMin: 0.01 }),
  "CosineAnnealingLR once": (o) => new optim.CosineAnnealingLR(o, 20),
  CosineAnnealingWarmRestarts: (o) => new optim.CosineAnnealingWarmRestarts(o, 5),
  "CosineAnnealingWarmRestarts doubled": (o) =>
    new optim.CosineAnnealingWarmRestarts(o, 3, { tMult: 2, etaMin: 0.001 }),
  LambdaLR: (o) => new optim.LambdaLR(o, rate),
  "LambdaLR each": (o) => new optim.LambdaLR(o, [(t) => 0.5 + t, (t) => 1 - t / 32]),
  MultiplicativeLR: (o) => new optim.MultiplicativeLR(o, (t) => 1 - t / 64),
  OneCycleLR: (o) => new optim.OneCycleLR(o, [0.5, 0.3], { totalSteps: 21 }),
  "OneCycleLR linear, three phases": (o) =>
    new optim.OneCycleLR(o, 0.5, {
      ...{ epochs: 3, stepsPerEpoch: 7, pctStart: 0.4, annealStrategy: "linear", divFactor: 10 },
      ...{ baseMomentum: 0.7, maxMomentum: 0.9, finalDivFactor: 50, threePhase: true },
    }),
  "OneCycleLR without momentum": (o) =>
    new optim.OneCycleLR(o, 0.5, { totalSteps: 30, cycleMomentum: false }),
  "ReduceLROnPlateau default": (o) => new optim.ReduceLROnPlateau(o),
  "ReduceLROnPlateau without threshold": (o) =>
    new optim.ReduceLROnPlateau(o, { patience: 1, threshold: 0 }),
  ReduceLROnPlateau: (o) =>
    new optim.ReduceLROnPlateau(o, { factor: 0.5, patience: 1, minLr: [0.1, 0.001] }),
  "ReduceLROnPlateau abs": (o) =>
    new optim.ReduceLROnPlateau(o, {
      ...{ patience: 0, threshold: 0.25, thresholdMode: "abs", cooldown: 2, eps: 1e-3 },
    }),
  "ReduceLROnPlateau max": (o) =>
    new optim.ReduceLROnPlateau(o, { mode: "max", factor: 0.3, patience: 2 }),
  "ReduceLROnPlateau max abs": (o) =>
    new optim.ReduceLROnPlateau(o, {
      ...{ mode: "max", factor: 0.3, patience: 2, threshold: 0.05, thresholdMode: "abs" },
    }),
  SequentialLR: (o) => {
    const warmUp = new optim.LinearLR(o, { startFactor: 0.1 });
    const rest = [new optim.CosineAnnealingLR(o, 10), new optim.ExponentialLR(o, 0.9)];
    return new optim.SequentialLR(o, [warmUp, ...rest], [5, 15]);
  },
  "SequentialLR of functions": (o) => {
    const first = new optim.ConstantLR(o, { totalIters: 2 });
    const rest = [new optim.LambdaLR(o, rate), new optim.MultiplicativeLR(o, () => 0.9)];
    return new optim.SequentialLR(o, [first, ...rest], [4, 9]);
  },
  "SequentialLR from 0": (o) => {
    const first = new optim.LinearLR(o, { startFactor: 0.5 });
    const second = new optim.ConstantLR(o, { factor: 0.1, totalIters: 2 });
    return new optim.SequentialLR(o, [first, second, new optim.ExponentialLR(o, 0.9)], [0, 4]);
  },
  "SequentialLR with a ConstantLR of no epochs": (o) => {
    const second = new optim.ConstantLR(o, { factor: 0.1, totalIters: 0 });
    const all = [new optim.ExponentialLR(o, 0.9), second, new optim.ExponentialLR(o, 0.5)];
    return new optim.SequentialLR(o, all, [3, 7]);
  },
  "ConstantLR of no epochs": (o) => new optim.ConstantLR(o, { factor: 0.1, totalIters: 0 }),
  ChainedScheduler: (o) =>
    new optim.ChainedScheduler([
      new optim.ConstantLR(o, { totalIters: 4 }),
      new optim.ExponentialLR(o, 0.9),
    ]),
};

function optimizerFor({ name, momenta }: SchedulerCase): Optimizer {
  const param = () => [tensor([0], { requiresGrad: true })];
  const groups = [
    { params: param(), lr: 0.5 },
    { params: param(), lr: 0.03 },
  ];
  if (name.includes("three phases")) return new optim.Adam(groups);
  return new optim.SGD(groups, { lr: 1, momentum: momenta === undefined ? 0 : 0.9 });
}

/** By scheduler: the number of cases, and the greatest relative error in them. */
const found = new Map<string, { cases: number; error: number }>();
const kindOf = ({ name }: SchedulerCase): string => name.split(" ")[0]!;

/**
 * A few roundings in float64: the formulas are PyTorch's, but for cosines and powers. Gives the greatest
 * relative error.
 */
function expectClose(got: readonly number[], wanted: readonly number[], what: string): number {
  expect(got.length, what).toBe(wanted.length);
  const errors = got.map((value, i) => {
    const error = Math.abs(value - wanted[i]!);
    expect(error, `${what}: ${value}, not ${wanted[i]}`).toBeLessThan(
      1e-13 * Math.abs(wanted[i]!) + 1e-17,
    );
    return error === 0 ? 0 : error / Math.abs(wanted[i]!);
  });
  return Math.max(...errors);
}

const momentaOf = (o: Optimizer): number[] =>
  o.groups.map((g) => ("betas" in g ? g.betas[0] : g.momentum));
const cases = load<SchedulerCase>("schedulers");

describe("PyTorch's schedulers", () => {
  it.each(cases.map((test) => [test.name, test] as const))("%s", (name, test) => {
    const optimizer = optimizerFor(test);
    const scheduler = makes[name]!(optimizer);
    expect(test.rates.length).toBe(21);
    const facts = found.get(kindOf(test)) ?? { cases: 0, error: 0 };
    found.set(kindOf(test), facts);
    facts.cases++;
    const note = (error: number): void => void (facts.error = Math.max(facts.error, error));
    test.rates.forEach((rates, t) => {
      if (t > 0) scheduler.step(test.metrics && Number(test.metrics[t - 1]));
      note(expectClose(optimizer.groups.map((g) => g.lr), rates, `rates after ${t}`)); // prettier-ignore
      expect(scheduler.getLastLr()).toEqual(optimizer.groups.map((g) => g.lr));
      expect(scheduler.lastEpoch).toBe(t);
      if (test.momenta) {
        note(expectClose(momentaOf(optimizer), test.momenta[t]!, `momenta after ${t}`));
      }
    });
  });

  it.each(cases.map((test) => [test.name, test] as const))("%s resumes exactly", (name, test) => {
    const step = (scheduler: optim.Scheduler, t: number): void => {
      scheduler.step(test.metrics && Number(test.metrics[t]));
    };
    const optimizer = optimizerFor(test);
    const scheduler = makes[name]!(optimizer);
    for (let t = 0; t < 7; t++) step(scheduler, t);
    const saved = structuredClone([optimizer.stateDict(), scheduler.stateDict()] as const);

    const other = optimizerFor(test);
    const resumed = makes[name]!(other);
    other.loadStateDict(saved[0] as never);
    resumed.loadStateDict(saved[1]);
    for (let t = 7; t < 20; t++) {
      expect(resumed.getLastLr()).toEqual(scheduler.getLastLr());
      step(scheduler, t);
      step(resumed, t);
      expect(other.groups.map((g) => g.lr)).toEqual(optimizer.groups.map((g) => g.lr));
      expect(momentaOf(other)).toEqual(momentaOf(optimizer));
    }
    expect(resumed.stateDict()).toEqual(scheduler.stateDict());
  });

  it("has a case of each", () => {
    expect(Object.keys(makes).sort()).toEqual(cases.map((test) => test.name).sort());
  });

  it("docs/layers.md says what these tests have found", () => {
    const rows = [...found].map(([name, { cases, error }]) => [
      name,
      [counted(cases), "20", asRelative(error)],
    ]);
    checkRows("Schedulers", Object.fromEntries(rows) as Rows);
    const bases: readonly unknown[] = [optim.Scheduler, optim.LRScheduler];
    const classes = Object.entries(optim).filter(
      ([, made]) => made.prototype instanceof optim.Scheduler && !bases.includes(made),
    );
    const names = classes.map(([name]) => name);
    checkNames("Schedulers", names);
    expect([...found.keys()].sort()).toEqual(names.sort());
  });
});
