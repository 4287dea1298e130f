// What a captured function does besides calling kernels: it hands out and replaces gradients, sets
// rates and modes, and freezes; and what becomes of it when others do so.
import { describe, expect, it } from "vitest";
import {
  capture,
  CaptureError,
  DisposedError,
  dropout,
  full,
  GradError,
  IndexError,
  manualSeed,
  memory,
  ones,
  randn,
  relu,
  setHeapLimit,
  tensor,
  type Tensor,
  tidy,
  ValueError,
} from "../../src/index.js";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { profile } from "../../src/inspect/index.js";
import { expectSameBits, type Trained } from "./twins.js";

const random = (): Tensor => randn([3]);
const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe("gradients of a captured function", () => {
  it("are returned like any tensor, and stay", () => {
    expectSameBits(
      () => {
        const w = leaf(1, 2, 3);
        const step = (x: Tensor): unknown => {
          w.grad = null;
          w.mul(x).sum().backward();
          return { grad: w.grad, again: [w.grad!] };
        };
        return { step, watched: () => [w] } as Trained;
      },
      () => [random()],
    );
  });

  it("that it can't hold on to leave nothing in the heap", () => {
    const w = leaf(1, 2);
    const step = capture(() => {
      w.sum().backward();
      w.grad!.dispose();
    });
    step();
    w.grad = null;
    expect(step).toThrow(DisposedError);
    const { residentBytes } = memory();
    for (let i = 0; i < 20; i++) {
      w.grad = null;
      expect(step).toThrow(DisposedError);
    }
    expect(memory().residentBytes).toBeLessThanOrEqual(residentBytes);
  });

  it.each<[string, (w: Tensor) => void]>([
    ["scaled", (w) => (w.grad = w.grad!.mul(0.5))],
    ["taken from elsewhere", (w) => (w.grad = ones([3]))],
  ])("may be %s in it, before a step", (_, change) => {
    expectSameBits(
      () => {
        const w = leaf(1, 2, 3);
        const optimizer = new optim.Adam([w]);
        const step = (x: Tensor): void => {
          optimizer.zeroGrad();
          w.mul(x).square().sum().backward();
          change(w);
          optimizer.step();
        };
        return { step, watched: () => [w] } as Trained;
      },
      () => [random()],
    );
  });

  it("that it lets go of are freed once", () => {
    const w = tensor([1, 2, 3, 4], { requiresGrad: true });
    const step = capture((x: Tensor) => {
      w.mul(x).sum().backward();
      w.grad = null;
    });
    const kept: Tensor[] = [];
    for (let i = 0; i < 40; i++) {
      w.sum().backward();
      step(ones([4]));
      kept.push(full([4], i), full([4], i));
    }
    expect(kept.map((x) => x.sum().item() / 4)).toEqual(kept.map((_, k) => k >> 1));
  });

  it("that a frozen leaf was given by a graph of before are gone when it is thawed", () => {
    const w = leaf(1, 2);
    const y = w.square().sum();
    w.requiresGrad = false;
    y.backward();
    expect(w.grad).toBe(null);
    w.requiresGrad = true;
    expect(w.grad).toBe(null);
    w.sum().backward();
    (w as { grad: unknown }).grad = undefined; // like null, in a program without types
    expect(w.grad).toBe(null);
  });

  it("that were set outlive a tidy, and are the tensor that was set", () => {
    const w = leaf(1, 2);
    const set = tidy(() => {
      const g = ones([2]);
      tidy(() => ones([5]));
      w.grad = g;
      return [g];
    });
    expect(w.grad).toBe(set[0]);
    tidy(() => {
      w.grad = w.grad!.mul(3);
    });
    expect(w.grad!.toArray()).toEqual([3, 3]);
  });
});

describe("options of an optimiser that a captured function sets", () => {
  it.each([
    ["from its arguments", (lr: number, momentum: number) => ({ lr, momentum })],
    ["relative to what they are", (lr: number) => ({ lr: 0.5 * lr })],
  ])("%s are set by its replays", (_, options) => {
    expectSameBits(
      () => {
        const w = leaf(1, 2, 3);
        const optimizer = new optim.SGD([w], { lr: 1, momentum: 0.5 });
        const step = (x: Tensor, lr: number, momentum: number): unknown => {
          optimizer.zeroGrad();
          w.mul(x).square().sum().backward();
          for (const group of optimizer.groups) Object.assign(group, options(lr, momentum));
          optimizer.step();
          return w.sum();
        };
        return { step, watched: () => [w] } as unknown as Trained;
      },
      (i) => [random(), i % 2 ? 0.1 : 0.01, i % 3 ? 0.5 : 0.9],
      12,
    );
  });

  it("are plain numbers to a program", () => {
    const optimizer = new optim.SGD([leaf(1)], { lr: 0.25 });
    expect({ ...optimizer.groups[0] }).toMatchObject({ lr: 0.25, momentum: 0 });
    expect(JSON.stringify(optimizer.stateDict().groups)).toContain('"lr":0.25');
  });
});

it.each<[string, () => unknown]>([
  ["SGD", () => new optim.SGD([leaf(1)])],
  ["StepLR", () => new optim.StepLR(outer, 1)],
  ["ExponentialMovingAverage", () => new optim.ExponentialMovingAverage([leaf(1)])],
])("%s is not made in a captured function: it would keep its state", (name, make) => {
  expect(capture(make)).toThrow(CaptureError);
  expect(capture(make)).toThrow(`[${name}] begins anew with each call`);
});
const outer = new optim.SGD([leaf(1)]);

describe("modes and frozen parameters", () => {
  it("that one captured function changes are seen by another", () => {
    const model = new nn.Dropout(0.5);
    const train = capture((x: Tensor) => model.forward(x));
    const evaluate = capture((x: Tensor) => {
      model.eval();
      return model.forward(x);
    });
    const x = ones([64]);
    const isWhole = (y: Tensor): boolean => y.toTypedArray().every((v) => v === 1);
    for (let i = 0; i < 4; i++) expect(isWhole(train(x))).toBe(false);
    for (let i = 0; i < 12; i++) {
      if (i % 4 === 0) model.train();
      expect(isWhole(train(x))).toBe(i % 4 !== 0);
      expect(isWhole(evaluate(x))).toBe(true);
      expect(model.training).toBe(false);
      expect(isWhole(train(x))).toBe(true);
    }
  });

  it("that are set by hand, or by a summary and back, are seen by recordings", () => {
    const model = new nn.Sequential(new nn.Dropout(0.5));
    const layer = model.layers[0]!;
    const run = capture((x: Tensor) => model.forward(x));
    const whole = (): boolean =>
      run(ones([64]))
        .toTypedArray()
        .every((v) => v === 1);
    for (let i = 0; i < 12; i++) {
      layer.training = i % 4 < 2;
      expect(whole()).toBe(!layer.training);
      nn.summary(model, [64]);
      expect(layer.training).toBe(i % 4 < 2);
      expect(whole()).toBe(!layer.training);
    }
  });

  it("that two captured functions switch back and forth let both be replayed", () => {
    const [a, b] = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
    let runs = 0;
    const stepOf = (own: nn.Linear, other: nn.Linear): (() => Tensor) => {
      const optimizer = new optim.SGD(own.parameters(), { lr: 0.1 });
      return capture(() => {
        runs++;
        for (const p of other.parameters()) p.requiresGrad = false;
        optimizer.zeroGrad();
        const loss = other.forward(own.forward(ones([1, 2]))).sum();
        loss.backward();
        optimizer.step();
        for (const p of other.parameters()) p.requiresGrad = true;
        return loss;
      });
    };
    const steps = [stepOf(a, b), stepOf(b, a)];
    for (let i = 0; i < 8; i++) for (const step of steps) step();
    expect(runs).toBe(4);
    expect(a.weight.requiresGrad).toBe(true);
    expect([a, b].map(({ weight }) => weight.grad === null)).toEqual([true, false]);
  });

  it("that one captured function freezes stay as they are in another", () => {
    const [w, v] = [leaf(1, 2), leaf(3, 4)];
    const optimizer = new optim.SGD([w, v], { lr: 0.5 });
    const train = capture(() => {
      optimizer.zeroGrad();
      w.mul(v).sum().backward();
      optimizer.step();
    });
    const freeze = capture(() => {
      w.requiresGrad = false;
      return w.mul(1);
    });
    for (let i = 0; i < 3; i++) train();
    const before = w.toArray();
    for (let i = 0; i < 3; i++) {
      freeze();
      train();
      expect(w.requiresGrad).toBe(false);
    }
    expect(w.toArray()).toEqual(before);
    w.requiresGrad = true;
    train();
    expect(w.toArray()).not.toEqual(before);
  });

  it.each<[string, (w: Tensor) => void]>([
    ["freezes at its end", (w) => (w.requiresGrad = false)],
    ["switches at its end", (w) => (w.requiresGrad = !w.requiresGrad)],
  ])("what %s is as it would be without capture", (_, end) => {
    const [eager, captured] = [false, true].map((isCaptured) => {
      const w = leaf(0);
      const optimizer = new optim.SGD([w], { lr: 1 });
      const step = (): void => {
        optimizer.zeroGrad();
        if (w.requiresGrad) w.sum().backward();
        optimizer.step();
        end(w);
      };
      const call = isCaptured ? capture(step) : step;
      return Array.from({ length: 9 }, (_, i) => {
        if ([0, 1, 5].includes(i)) w.requiresGrad = true;
        call();
        return [w.item(), w.requiresGrad];
      });
    });
    expect(captured).toEqual(eager);
  });

  it("that change outside have a recording each, which is kept", () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout(0.5));
    let runs = 0;
    const f = capture((x: Tensor) => {
      runs++;
      return model.forward(x);
    });
    for (let i = 0; i < 20; i++) {
      model.train(i % 2 === 0);
      f(ones([1, 2]));
    }
    expect(runs).toBe(3); // one as it is, one for each mode
  });

  it("a parameter that is thawed is still known to the graphs of before", () => {
    const w = leaf(1, 2);
    const y = w.mul(3).sum();
    w.requiresGrad = false;
    w.requiresGrad = true;
    y.backward();
    expect(w.grad!.toArray()).toEqual([3, 3]);
  });

  it.each([true, false])("an argument that is made to require gradients is no other's", (stays) => {
    let runs = 0;
    const attack = capture((x: Tensor) => {
      runs++;
      x.requiresGrad = true;
      x.square().sum().backward();
      const { grad } = x;
      x.requiresGrad = stays;
      return grad!;
    });
    for (let i = 0; i < 6; i++) expect(attack(tensor([i, 1])).toArray()).toEqual([2 * i, 2]);
    expect(runs).toBe(2);
  });
});

/** Adds a hook to modules of its own, in a mode of their own. */
function addedInside(): () => void {
  const own = new nn.ModuleList([new nn.Dropout(0.5).eval()]);
  return own.registerForwardHook(() => undefined);
}

describe("hooks that a captured function adds", () => {
  const layer = new nn.Linear(2, 2);
  it.each<[string, (x: Tensor) => () => void]>([
    ["to what it makes", (x) => x.registerHook((g) => g.mul(2))],
    ["and removes again", (x) => (x.dispose(), layer.weight.registerHook((g) => g.mul(2)))],
    ["to a module made in it", (x) => (x.dispose(), addedInside())],
    ["to a module and removes", (x) => (x.dispose(), layer.registerForwardHook(() => undefined))],
  ])("%s let it be replayed", (_, add) => {
    let runs = 0;
    const step = capture((x: Tensor) => {
      runs++;
      const y = layer.weight.mul(x);
      const remove = add(y.mul(1));
      layer.zeroGrad();
      y.add(layer.forward(x)).sum().backward();
      remove();
      remove();
    });
    for (let i = 0; i < 6; i++) step(ones([2, 2]));
    expect(runs).toBe(2);
    const remove = layer.registerForwardHook(() => undefined);
    step(ones([2, 2]));
    expect(runs).toBe(3);
    remove();
    step(ones([2, 2]));
    expect(runs).toBe(3);
  });
});

describe("what a recording uses from outside", () => {
  it("is missed when it was disposed of, however many recordings there are", () => {
    const w = tensor([1, 2]);
    const f = capture((x: Tensor) => w.mul(x));
    const g = capture((x: Tensor) => [w.add(x), w]);
    const call = (): void => {
      f(ones([2]));
      f(ones([1]));
      g(ones([2]));
    };
    for (let i = 0; i < 3; i++) call();
    w.dispose();
    for (const x of [ones([2]), ones([1])]) expect(() => f(x)).toThrow(DisposedError);
    expect(() => g(ones([2]))).toThrow(DisposedError);
  });

  it("is held to the versions that a graph has saved", () => {
    const w = leaf(1, 2);
    const y = w.mul(w).sum();
    const step = capture(() => {
      w.grad = null;
      y.backward(null, { retainGraph: true });
      return w.grad!.mul(1);
    });
    for (let i = 0; i < 4; i++) expect(step().toArray()).toEqual([2, 4]);
    const frozen = w.detach();
    frozen.add_(1);
    expect(step).toThrow(GradError);
    expect(step).toThrow(/mul saved a tensor of \[2\] that add_ has modified since/);
  });

  it("is a graph that no other backward has released", () => {
    const w = leaf(1, 2);
    const y = w.mul(w).sum();
    const step = capture(() => y.backward(null, { retainGraph: true }));
    for (let i = 0; i < 4; i++) step();
    y.backward();
    expect(step).toThrow(/\[backward\] the graph of \w+ was released by an earlier backward/);
  });

  it("is known, too, when a profile looks on", () => {
    const w = tensor([1, 2]);
    const f = capture((x: Tensor) => profile(() => w.mul(x), { print: false }).result);
    for (let i = 0; i < 3; i++) expect(f(ones([2])).toArray()).toEqual([1, 2]);
    w.dispose();
    expect(() => f(ones([2]))).toThrow(DisposedError);
  });

  it("are all the parameters that an optimiser has", () => {
    const [w, v] = [leaf(1), leaf(1)];
    const optimizer = new optim.SGD([w, v], { lr: 1 });
    const step = capture(() => {
      optimizer.zeroGrad();
      w.add(v).sum().backward();
      optimizer.step();
    });
    for (let i = 0; i < 3; i++) step();
    optimizer.groups[0]!.params.pop();
    step();
    expect([w.item(), v.item()]).toEqual([-3, -2]);
    optimizer.groups[0] = { ...optimizer.groups[0]!, lr: 3 };
    step();
    expect([w.item(), v.item()]).toEqual([-6, -2]);
    optimizer.groups.pop();
    step();
    expect([w.item(), v.item()]).toEqual([-6, -2]);
  });
});

describe("a captured function that fails", () => {
  it("in a replay says of what class it is, and has no gradients of the call before", () => {
    const w = leaf(1, 2);
    const step = capture((i: Tensor) => {
      w.grad = null;
      w.indexSelect(0, i).sum().backward();
    });
    const at = (i: number): Tensor => tensor([i], { dtype: "int32" });
    for (let i = 0; i < 3; i++) step(at(1));
    expect(w.grad).not.toBe(null);
    expect(() => step(at(2))).toThrow(IndexError);
    expect(w.grad).toBe(null);
    step(at(0));
    expect(w.grad!.toArray()).toEqual([1, 0]);
    const solve = capture((a: Tensor) => a.inv());
    for (let i = 0; i < 3; i++) solve(tensor([[2]]));
    expect(() => solve(tensor([[0]]))).toThrow(ValueError);
    const draw = capture((weights: Tensor) => weights.multinomial(1));
    for (let i = 0; i < 3; i++) draw(ones([2]));
    expect(() => draw(tensor([0, 0]))).toThrow(ValueError);
  });

  it("with a promise is not failed again by what the promise does", async () => {
    const failed: unknown[] = [];
    const listen = (reason: unknown): unknown => failed.push(reason);
    process.on("unhandledRejection", listen);
    const late = async (): Promise<void> => {
      await Promise.resolve();
      throw new Error("late");
    };
    expect(capture(late)).toThrow("[capture] fn must be synchronous: it returned a promise");
    expect(() => tidy(late)).toThrow(ValueError);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", listen);
    expect(failed).toEqual([]);
  });

  it("to return what can be copied says so", () => {
    const ring: unknown[] = [];
    ring.push([ring]);
    expect(capture(() => ring)).toThrow("[capture] fn returns tensors");
    const twice = capture((x: Tensor) => [[x], [x]]);
    expect(twice(ones([1]))).toHaveLength(2);
  });

  it.each([() => 1, new Map(), [1]])("as an argument is nothing that it takes", (x) => {
    expect(() => capture((y: unknown) => void y as never)(x as never)).toThrow(CaptureError);
  });
});

it("what has no room for a copy of its result beside a recording is run as it is", () => {
  setHeapLimit(0); // the heap as it is
  const { heapBytes } = memory();
  const n = Math.floor(heapBytes / 10);
  const f = (): Tensor => ones([n]).mul(2);
  const captured = capture(f);
  for (let i = 0; i < 6; i++) {
    const y = captured();
    expect(y.sum().item()).toBe(2 * n);
    y.dispose();
  }
  f().dispose();
  setHeapLimit(2 ** 32);
});

it("what has no room for a recording is run as it is", () => {
  setHeapLimit(0); // the heap as it is
  const { heapBytes } = memory();
  const losses = [false, true].map((captured) => {
    manualSeed(3);
    const layers = Array.from({ length: 12 }, () => new nn.Linear(400, 400));
    const model = new nn.Sequential(...layers);
    const optimizer = new optim.Adam(model.parameters());
    const step = (x: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = relu(model.forward(dropout(x, 0.1))).mean();
      loss.backward();
      optimizer.step();
      return loss;
    };
    const call = captured ? capture(step) : step;
    return Array.from({ length: 5 }, () => call(randn([256, 400])).item());
  });
  setHeapLimit(2 ** 32);
  expect(losses[1]).toEqual(losses[0]);
  expect(memory().heapBytes).toBe(heapBytes);
});
