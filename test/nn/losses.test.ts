// Losses as a user meets them: reductions, options, modules, and the errors for wrong input. Their
// numbers are held against PyTorch in test/reference.
import { describe, expect, it } from "vitest";
import {
  bceWithLogits,
  crossEntropy,
  DTypeError,
  GradError,
  IndexError,
  l1Loss,
  type LossOptions,
  mseLoss,
  nllLoss,
  nn,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";

const classes = (...values: number[]): Tensor => tensor(Int32Array.from(values));
const logits = randn([4, 3]);
const target = classes(2, 0, 1, 1);
const [twice, chances] = [logits.mul(2), logits.sigmoid()];

type Loss = (options: LossOptions) => Tensor;
type LossModule = new (options?: LossOptions) => { forward(x: Tensor, y: Tensor): Tensor };
const losses: [string, Loss, LossModule, Tensor, Tensor][] = [
  ["crossEntropy", (o) => crossEntropy(logits, target, o), nn.CrossEntropyLoss, logits, target],
  ["nllLoss", (o) => nllLoss(logits, target, o), nn.NLLLoss, logits, target],
  ["mseLoss", (o) => mseLoss(logits, twice, o), nn.MSELoss, logits, twice],
  ["l1Loss", (o) => l1Loss(logits, twice, o), nn.L1Loss, logits, twice],
  [
    "bceWithLogits",
    (o) => bceWithLogits(logits, chances, o),
    nn.BCEWithLogitsLoss,
    logits,
    chances,
  ],
];

describe.each(losses)("%s", (_, loss, Layer, x, y) => {
  it("reduces to the mean by default, to the sum or not at all", () => {
    const each = loss({ reduction: "none" });
    expect(each.ndim).toBeGreaterThan(0);
    expect(loss({ reduction: "sum" }).item()).toBeCloseTo(each.sum().item(), 4);
    expect(loss({}).item()).toBeCloseTo(each.mean().item(), 5);
    expect(loss({ reduction: "mean" }).item()).toBe(loss({}).item());
  });

  it("is a module as well", () => {
    expect(new Layer().forward(x, y).item()).toBe(loss({}).item());
    const sum = new Layer({ reduction: "sum" }).forward(x, y);
    expect(sum.item()).toBe(loss({ reduction: "sum" }).item());
  });

  it("refuses other reductions and leaves nothing behind", () => {
    const before = handleCount();
    expect(() => loss({ reduction: "avg" as "mean" })).toThrow(ValueError);
    loss({}).dispose();
    expect(handleCount()).toBe(before);
  });

  it("differentiates, whatever the reduction", () => {
    for (const reduction of ["mean", "sum", "none"] as const) {
      const p = x.clone();
      p.requiresGrad = true;
      new Layer({ reduction }).forward(p, y).sum().backward();
      expect(p.grad!.shape).toEqual(x.shape);
      expect(p.grad!.abs().sum().item()).toBeGreaterThan(0);
    }
  });
});

describe("losses of classes", () => {
  it("leave out ignoreIndex, in the mean too", () => {
    const kept = crossEntropy(logits.narrow(0, 0, 2), target.narrow(0, 0, 2)).item();
    expect(crossEntropy(logits, classes(2, 0, -100, -100)).item()).toBeCloseTo(kept, 6);
    const all = crossEntropy(logits, classes(1, 1, 1, 1), { ignoreIndex: 1, reduction: "sum" });
    expect(all.item()).toBe(0);
    expect(crossEntropy(logits, classes(1, 1, 1, 1), { ignoreIndex: 1 }).item()).toBeNaN();
  });

  it("take one sample, images, and no samples", () => {
    const one = crossEntropy(logits.select(0, 0), tensor(2, { dtype: "int32" }));
    expect(one.item()).toBeCloseTo(crossEntropy(logits.narrow(0, 0, 1), classes(2)).item(), 6);
    const map = crossEntropy(randn([2, 3, 4, 5]), zeros([2, 4, 5], { dtype: "int32" }), {
      reduction: "none",
    });
    expect(map.shape).toEqual([2, 4, 5]);
    expect(crossEntropy(zeros([0, 3]), classes(), { reduction: "sum" }).item()).toBe(0);
  });

  // Made before, so that nothing at all may be left of a call.
  const [third, last, few] = [classes(0, 3, 0, 0), classes(0, -1, 0, 0), classes(0, 1)];
  const [floats, whole, scalar, class0] = [
    tensor([0, 1, 0, 0]),
    logits.int(),
    tensor(1),
    tensor(0, { dtype: "int32" }),
  ];
  const [pair, learned] = [ones([2]), ones([3], { requiresGrad: true })];
  const shares = logits.softmax(1);
  const refused: [string, () => unknown, abstract new (...args: never[]) => Error][] = [
    ["class 3 of 3", () => crossEntropy(logits, third), IndexError],
    ["class -1", () => nllLoss(logits, last), IndexError],
    ["float classes", () => crossEntropy(logits, floats), DTypeError],
    ["int32 logits", () => crossEntropy(whole, target), DTypeError],
    ["too few classes", () => crossEntropy(logits, few), ShapeError],
    ["a scalar", () => nllLoss(scalar, class0), ShapeError],
    ["weights of a class less", () => nllLoss(logits, target, { weight: pair }), ShapeError],
    ["smoothing of 2", () => crossEntropy(logits, target, { labelSmoothing: 2 }), ValueError],
    ["half an ignoreIndex", () => nllLoss(logits, target, { ignoreIndex: 0.5 }), ValueError],
    ["weights to be learned", () => nllLoss(logits, target, { weight: learned }), GradError],
    [
      "ignoreIndex with probabilities",
      () => crossEntropy(logits, shares, { ignoreIndex: 0 }),
      ValueError,
    ],
  ];
  it.each(refused)("refuse %s", (_, act, Type) => {
    const before = handleCount();
    expect(act).toThrow(Type);
    expect(handleCount()).toBe(before);
  });
});

describe("elementwise losses", () => {
  it.each<[string, (a: Tensor, b: Tensor) => Tensor]>([
    ["mseLoss", mseLoss],
    ["l1Loss", l1Loss],
    ["bceWithLogits", bceWithLogits],
  ])("%s broadcasts nothing and takes a float32 input only", (_, loss) => {
    expect(() => loss(zeros([3]), zeros([3, 1]))).toThrow(ShapeError);
    expect(() => loss(zeros([3], { dtype: "int32" }), zeros([3]))).toThrow(DTypeError);
    expect(() => loss(zeros([3], { dtype: "bool" }), zeros([3]))).toThrow(DTypeError);
    expect(loss(zeros([0]), zeros([0])).item()).toBeNaN();
  });

  it("bceWithLogits stays finite for logits however sure, and checks its weights", () => {
    const x = tensor([1e4, -1e4]);
    expect(bceWithLogits(x, tensor([1, 0])).item()).toBe(0);
    expect(bceWithLogits(x, tensor([0, 1])).item()).toBe(1e4);
    expect(() => bceWithLogits(x, x, { weight: ones([3]) })).toThrow(ShapeError);
    expect(() => bceWithLogits(x, x, { posWeight: ones([2, 2]) })).toThrow(ShapeError);
  });

  it("PoissonNLLLoss takes counts as they are: integers", () => {
    const x = tensor([0.5, 1, 2]);
    for (const options of [{}, { full: true }, { logInput: false }]) {
      const loss = new nn.PoissonNLLLoss(options);
      const expected = loss.forward(x, tensor([0, 1, 3])).item();
      expect(loss.forward(x, classes(0, 1, 3)).item()).toBe(expected);
    }
  });

  it("GaussianNLLLoss and MultiLabelSoftMarginLoss take integers, too", () => {
    const [x, variance] = [tensor([0.5, 1, 2]), tensor([1, 2, 0.5])];
    const gaussian = new nn.GaussianNLLLoss();
    const expected = gaussian.forward(x, tensor([0, 1, 3]), variance).item();
    expect(gaussian.forward(x, classes(0, 1, 3), variance).item()).toBe(expected);
    const soft = new nn.MultiLabelSoftMarginLoss();
    expect(soft.forward(x, classes(0, 1, 1)).item()).toBe(
      soft.forward(x, tensor([0, 1, 1])).item(),
    );
  });
});

describe("weights of losses", () => {
  it("are part of the state, under PyTorch's names, and loaded", () => {
    const loss = new nn.BCEWithLogitsLoss({ weight: tensor([1, 2]), posWeight: tensor([3, 4]) });
    expect(Object.keys(loss.stateDict())).toEqual(["weight", "pos_weight"]);
    expect(loss.parameters()).toEqual([]);
    expect(String(loss)).toBe("BCEWithLogitsLoss(weight=[2], posWeight=[2])");
    const [weight, posWeight] = [tensor([0.5, 3]), tensor([7, 1])];
    loss.loadStateDict({ weight, pos_weight: posWeight });
    const [x, y] = [tensor([1, -2]), tensor([1, 0])];
    expect(loss.forward(x, y).item()).toBe(bceWithLogits(x, y, { weight, posWeight }).item());
  });

  it("get gradients where they ask for them", () => {
    const weight = tensor([1, 2], { requiresGrad: true });
    const loss = new nn.BCEWithLogitsLoss({ weight, reduction: "sum" });
    loss.forward(zeros([2]), zeros([2])).backward();
    expect(weight.grad!.toArray()).toEqual([Math.fround(Math.LN2), Math.fround(Math.LN2)]);
  });
});
