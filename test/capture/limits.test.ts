// What a captured function refuses, how it fails, and whose memory it uses.
import { afterEach, describe, expect, it } from "vitest";
import {
  capture,
  CaptureError,
  conv2d,
  crossEntropy,
  DisposedError,
  embedding,
  full,
  GradError,
  manualSeed,
  memory,
  ones,
  randint,
  randn,
  setConvAlgorithm,
  SimdgradError,
  tensor,
  type Tensor,
  tidy,
  zeros,
} from "../../src/index.js";
import { forceEviction } from "../../src/memory/eviction.js";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";

/** A small training step, with what it trains. */
function training() {
  const model = new nn.Linear(4, 3);
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
  const step = capture((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  return { model, optimizer, step };
}

const warm = (call: () => unknown): void => {
  for (let i = 0; i < 3; i++) call();
};

describe("a captured function refuses", () => {
  // Made before, so that nothing at all may be left of a call.
  const x = ones([2, 3]);
  const leaf = ones([2], { requiresGrad: true });
  const scheduler = new optim.ReduceLROnPlateau(new optim.SGD([leaf]));
  const refused: Record<string, [call: () => unknown, message: RegExp]> = {
    item: [() => capture((x: Tensor) => x.sum().item())(x), /\[toTypedArray\] reads values/],
    toArray: [() => capture((x: Tensor) => x.toArray())(x), /reads values/],
    "a shape that depends on values": [() => capture((x: Tensor) => x.unique())(x), /reads values/],
    "a seed": [() => capture(() => manualSeed(1))(), /\[manualSeed\] starts a stream/],
    "a look at the norm": [
      () => capture(() => optim.clipGradNorm([x], 1, { errorIfNonfinite: true }))(),
      /\[clipGradNorm\] looks at the norm/,
    ],
    "a cache's position": [
      () => capture((x: Tensor) => new nn.KVCache().append(x, x).k)(x),
      /\[KVCache\] moves a position/,
    ],
    "an argument in a graph": [
      () => capture((x: Tensor) => x.mul(2))(leaf),
      /argument 0 requires gradients: pass x\.detach\(\)/,
    ],
    "an argument that is no value": [
      () => capture((list: Tensor) => list)([x] as unknown as Tensor),
      /argument 0 is no tensor, number, string, boolean or null/,
    ],
    "a result that is no value": [
      () => capture((x: Tensor) => new Map([["x", x.mul(2)]]))(x),
      /returns tensors, alone or in arrays and plain objects/,
    ],
    "a metric that was read": [
      () =>
        capture(() => {
          scheduler.step(1);
        })(),
      /\[ReduceLROnPlateau\] takes a number/,
    ],
  };

  it.each(Object.entries(refused))("%s", (_, [call, message]) => {
    const before = memory().handles;
    expect(call).toThrow(CaptureError);
    expect(call).toThrow(message);
    expect(memory().handles).toBe(before);
  });

  it("an optimiser whose update makes tensors, from its second call on", () => {
    class Plain extends optim.Optimizer<{ lr: number }> {
      protected update(p: Tensor, g: Tensor, { lr }: { lr: number }): void {
        p.sub_(g.mul(lr));
      }
    }
    const p = ones([2], { requiresGrad: true });
    const optimizer = new Plain("Plain", [p], { lr: 0.1 });
    const step = capture(() => {
      optimizer.zeroGrad();
      p.sum().backward();
      optimizer.step();
    });
    step();
    expect(step).toThrow(/\[Plain\] makes tensors in its update/);
  });

  const left = new Set<Tensor>();
  class OneByOne extends optim.SGD {
    protected override update(p: Tensor, ...rest: [Tensor, optim.SGDOptions, never]): void {
      if (!left.has(p)) super.update(p, ...rest);
    }
  }
  class Together extends optim.SGD {
    protected override updateAll(params: Tensor[], grads: Tensor[], o: optim.SGDOptions): void {
      const taken = (_: Tensor, i: number): boolean => !left.has(params[i]!);
      super.updateAll(params.filter(taken), grads.filter(taken), o);
    }
  }

  it.each([OneByOne, Together])("%o: an optimiser that steps more than was recorded", (Fickle) => {
    const [p, q] = [ones([2], { requiresGrad: true }), ones([2], { requiresGrad: true })];
    const optimizer = new Fickle([p, q], { lr: 1 });
    left.add(q);
    const step = capture(() => {
      optimizer.zeroGrad();
      p.add(q).sum().backward();
      optimizer.step();
    });
    for (let i = 0; i < 4; i++) step();
    expect([p.toArray(), q.toArray()]).toEqual([
      [-3, -3],
      [1, 1],
    ]);
    left.clear();
    expect(step).toThrow(/sgdStepF32 was not called when this step was recorded/);
  });

  it("an optimiser that calls another kernel than was recorded", () => {
    let amsgrad = true;
    class Fickle extends optim.Adam {
      protected override updateAll(params: Tensor[], grads: Tensor[], o: optim.AdamOptions): void {
        super.updateAll(params, grads, { ...o, amsgrad });
      }
    }
    const p = ones([2], { requiresGrad: true });
    const optimizer = new Fickle([p]);
    const train = (): void => {
      optimizer.zeroGrad();
      p.sum().backward();
      optimizer.step();
    };
    train();
    amsgrad = false;
    const step = capture(train);
    for (let i = 0; i < 3; i++) step();
    amsgrad = true;
    expect(step).toThrow(/adaptiveStepF32 was not called when this step was recorded/);
  });

  it("a promise", () => {
    const step = capture((x: Tensor) => Promise.resolve(x));
    expect(() => step(x)).toThrow(/must be synchronous: it returned a promise/);
  });
});

describe("an error in a captured function", () => {
  it("comes through, and the next call works", () => {
    let broken = false;
    const step = capture((x: Tensor) => {
      const y = x.mul(2);
      if (broken) throw new RangeError("broken");
      return y;
    });
    const x = tensor([1, 2]);
    step(x);
    broken = true;
    const before = memory().handles;
    expect(() => step(x)).toThrow(RangeError);
    expect(memory().handles).toBe(before);
    broken = false;
    for (let i = 0; i < 3; i++) expect(step(x).toArray()).toEqual([2, 4]);
  });

  it("that a kernel finds in a replay stops it there: nothing behind it has happened", () => {
    const { model, optimizer, step } = training();
    warm(() => step(randn([2, 4]), randint(0, 3, [2])));
    const before = model.weight.toArray();
    const state = JSON.stringify(optimizer.stateDict().state.map(({ step }) => step));
    expect(() => step(ones([2, 4]), tensor([0, 3], { dtype: "int32" }))).toThrow(SimdgradError);
    expect(() => step(ones([2, 4]), tensor([0, 3], { dtype: "int32" }))).toThrow(
      /\[capture\] crossEntropyF32 met a bad index or matrix at position 1/,
    );
    expect(model.weight.toArray()).toEqual(before);
    expect(JSON.stringify(optimizer.stateDict().state.map(({ step }) => step))).toBe(state);
    step(ones([2, 4]), tensor([0, 2], { dtype: "int32" }));
    expect(model.weight.toArray()).not.toEqual(before);
  });

  it("names the index in the calls that are no replays", () => {
    const look = capture((i: Tensor) => embedding(i, ones([3, 2])));
    const bad = tensor([5], { dtype: "int32" });
    expect(() => look(bad)).toThrow(/\[embedding\] indices must lie in \[0, 2\]: got 5/);
    look(tensor([1], { dtype: "int32" }));
    expect(() => look(bad)).toThrow(/\[embedding\] indices must lie in \[0, 2\]: got 5/);
  });
});

describe("what a captured function uses from outside", () => {
  it("may be disposed of: then it says so", () => {
    const w = ones([2]);
    const scale = capture((x: Tensor) => x.mul(w));
    warm(() => scale(ones([2])));
    w.dispose();
    expect(() => scale(ones([2]))).toThrow(DisposedError);
  });

  it("may lie elsewhere than it did", () => {
    // Two that lie by themselves, and two that share a page.
    const all = [zeros([5000]), ones([5000]), zeros([1]), ones([1])] as const;
    const [a, b, c, d] = all;
    const both = capture(() => [a.sub(b).sum(), c.sub(d)]);
    warm(both);
    for (const x of all) {
      x.buffer.storage.evict();
      // What takes its place.
      const others = Array.from({ length: 9 }, () => full([5000], 7));
      expect(both().map((x) => x.toArray())).toEqual([-5000, [-1]]);
      for (const other of others) other.dispose();
    }
  });

  it("counts as modified by each call", () => {
    const { model, step } = training();
    const call = (): Tensor => step(ones([2, 4]), randint(0, 3, [2]));
    warm(call);
    const y = model
      .forward(randn([2, 4], { requiresGrad: true }))
      .square()
      .sum();
    call();
    expect(() => y.backward()).toThrow(GradError);
  });

  it("may change: other modes, groups and frozen parameters are recorded anew", () => {
    const model = new nn.Sequential(new nn.Linear(3, 3), new nn.Dropout(0.5));
    const first = model.parameters()[0]!;
    const optimizer = new optim.SGD([first], { lr: 1 });
    const step = capture((x: Tensor) => {
      optimizer.zeroGrad();
      model.forward(x).sum().backward();
      optimizer.step();
      return model.forward(x);
    });
    warm(() => step(ones([4, 3])));
    model.eval();
    const [a, b] = [step(ones([4, 3])), step(zeros([4, 3]))];
    expect(b.toArray()).toEqual(model.forward(zeros([4, 3])).toArray());
    expect(a.shape).toEqual([4, 3]);
    const bias = model.parameters()[1]!;
    const before = bias.toArray();
    optimizer.addParamGroup({ params: [bias] });
    warm(() => step(ones([4, 3])));
    expect(bias.toArray()).not.toEqual(before);
    first.requiresGrad = false;
    const frozen = first.toArray();
    warm(() => step(ones([4, 3])));
    expect(first.toArray()).toEqual(frozen);
    first.requiresGrad = true;
    warm(() => step(ones([4, 3])));
    expect(first.toArray()).not.toEqual(frozen);
  });
});

describe("what changes what an optimiser computes", () => {
  const train = (captured: boolean, change: (group: optim.SGD["groups"][0]) => void): unknown => {
    const p = tensor([1, -2, 3], { requiresGrad: true });
    const optimizer = new optim.SGD([p], { lr: 0.1 });
    const step = (x: Tensor): void => {
      optimizer.zeroGrad();
      p.mul(x).sum().backward();
      optimizer.step();
    };
    const take = captured ? capture(step) : step;
    for (let i = 0; i < 9; i++) {
      if (i === 4) change(optimizer.groups[0]!);
      take(tensor([i, 1, -i]));
    }
    return p.toArray();
  };

  const changes: Record<string, (group: optim.SGD["groups"][0]) => void> = {
    "the direction": (group) => (group.maximize = true),
    "a momentum where there was none": (group) => (group.momentum = 0.9),
    "the rate": (group) => (group.lr = 0.01),
  };
  it.each(Object.entries(changes))("counts from the next call on: %s", (_, change) => {
    expect(train(true, change)).toEqual(train(false, change));
  });

  it("and so does another way to convolve", () => {
    const [x, w] = [randn([1, 16, 28, 28]), randn([16, 16, 3, 3])];
    const convolve = capture((x: Tensor) => conv2d(x, w, null, { padding: 1 }));
    warm(() => convolve(x));
    const before = convolve(x).toTypedArray();
    setConvAlgorithm("direct");
    try {
      const exact = conv2d(x, w, null, { padding: 1 }).toTypedArray();
      expect(exact).not.toEqual(before);
      expect(convolve(x).toTypedArray()).toEqual(exact);
    } finally {
      setConvAlgorithm("auto");
    }
    expect(capture(() => setConvAlgorithm("auto"))).toThrow(CaptureError);
  });
});

describe("the memory of captured functions", () => {
  afterEach(() => forceEviction(false));

  it("does not grow from call to call", () => {
    const { step } = training();
    const call = (): void => tidy(() => void step(randn([2, 4]), randint(0, 3, [2])));
    warm(call);
    const { handles, residentBytes, liveBytes } = memory();
    for (let i = 0; i < 200; i++) call();
    expect(memory()).toMatchObject({ handles, residentBytes, liveBytes });
  });

  it("is given back when there are too many recordings", () => {
    const double = capture((x: Tensor, i: number) => x.mul(i));
    const call = (i: number): void => {
      for (let k = 0; k < 3; k++)
        tidy(() => expect(double(ones([3]), i).toArray()).toEqual([i, i, i]));
    };
    for (let i = 0; i < 16; i++) call(i);
    const { residentBytes, handles } = memory();
    for (let i = 16; i < 64; i++) call(i);
    expect(memory()).toMatchObject({ residentBytes, handles });
    call(0);
  });

  it("may leave the heap as a whole: results and gradients stay", () => {
    const { model, step } = training();
    const x = randn([2, 4]);
    const y = randint(0, 3, [2]);
    warm(() => step(x, y));
    const loss = step(x, y);
    const [value, gradient] = [loss.item(), model.weight.grad!.toArray()];
    forceEviction(true);
    zeros([1]);
    forceEviction(false);
    expect([loss.item(), model.weight.grad!.toArray()]).toEqual([value, gradient]);
    const next = step(x, y).item();
    expect(next).toBeLessThan(value);
    expect(step(x, y).item()).toBeLessThan(next);
  });
});
