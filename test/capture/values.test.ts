// What goes into a captured function and what comes out of it: replays read arguments where they lie
// and write results to memory of their own, whatever either has to do with what the calls write.
import { describe, expect, it } from "vitest";
import {
  capture,
  DisposedError,
  embedding,
  IndexError,
  manualSeed,
  maxPool2d,
  memory,
  ones,
  randn,
  stack,
  tensor,
  type Tensor,
  tidy,
  where,
  zeros,
} from "../../src/index.js";
import { profile } from "../../src/inspect/index.js";

/** Fewer elements and more than chains take. */
const SIZES = [5, 40_000];

/** The values as text, which compares faster than arrays. */
const values = (x: Tensor): string => Buffer.from(x.toTypedArray().buffer).toString("base64");
const at = (x: Tensor, i: number): number => x.toTypedArray()[i]!;

describe.each(SIZES)("an argument of %i elements", (n) => {
  it("may have other strides in each call", () => {
    const program = (x: Tensor): Tensor => x.mul(2).add(1);
    const captured = capture(program);
    const make: (() => Tensor)[] = [
      () => randn([n, 2]),
      () => randn([2, n]).t(),
      () => randn([n + 3, 2]).narrow(0, 3, n),
      () => randn([2]).expand([n, 2]),
      () => randn([n, 4]).narrow(1, 1, 2),
      () => randn([n, 2]).flip(0),
    ];
    // Whichever is recorded.
    for (let i = 0; i < 2 * make.length + 3; i++) {
      const x = make[i % make.length]!();
      expect(values(captured(x)), String(i)).toEqual(values(program(x)));
    }
    const again = capture(program);
    for (const i of [1, 1, 0, 1, 2]) {
      const x = make[i]!();
      expect(values(again(x)), String(i)).toEqual(values(program(x)));
    }
  });

  it("is what it was before the call, where the calls write to its memory", () => {
    for (const from of [0, 1]) {
      const [w, twin] = [zeros([n + 1]), zeros([n + 1])];
      const program = (w: Tensor) => (x: Tensor) => {
        const y = x.mul(2);
        w.narrow(0, 1 - from, n).copy_(y);
        return y.add(1);
      };
      const captured = capture(program(w));
      for (let i = 0; i < 8; i++) {
        const start = randn([n + 1]);
        w.copy_(start);
        twin.copy_(start);
        // What is recorded is given memory of its own.
        const x = (i < 4 ? start : w).narrow(0, from, n);
        const wanted = program(twin)(x.clone());
        expect(values(captured(x)), String(i)).toEqual(values(wanted));
        expect(values(w)).toEqual(values(twin));
      }
    }
  });

  it("may be a gradient of the call before", () => {
    const w = randn([n], { requiresGrad: true });
    const program = (w: Tensor) => (x: Tensor) => {
      w.grad = null;
      w.mul(x).square().sum().backward();
      return w.grad!.mul(2);
    };
    const twin = w.detach().clone();
    twin.requiresGrad = true;
    const captured = capture(program(w));
    let [x, y] = [ones([n]), ones([n])];
    for (let i = 0; i < 5; i++) {
      const wanted = program(twin)(y);
      expect(values(captured(x)), String(i)).toEqual(values(wanted));
      [x, y] = [w.grad!, twin.grad!.clone()];
    }
  });

  it("may be the result of the call before, twice, and come back", () => {
    const f = capture((x: Tensor, y: Tensor) => [x.add(y), x, y.neg()] as const);
    let x = ones([n]);
    for (let i = 0; i < 6; i++) {
      const [sum, same, negative] = f(x, x);
      const got = [sum, same, negative].map((t) => [t.shape[0], t.narrow(0, n - 1, 1).item()]);
      expect(got).toEqual([
        [n, 2 ** (i + 1)],
        [n, 2 ** i],
        [n, -(2 ** i)],
      ]);
      x = sum;
    }
  });
});

describe.each(SIZES)("a result of %i elements", (n) => {
  it("is its caller's: to change, to keep, to release", () => {
    const double = capture((x: Tensor) => x.mul(2));
    const kept: Tensor[] = [];
    for (let i = 0; i < 6; i++) {
      const y = double(ones([n]).mul(i));
      kept.push(y);
      y.add_(1);
      if (i % 2) double(ones([n])).dispose();
    }
    expect(kept.map((y) => [at(y, 0), at(y, n - 1)])).toEqual(
      kept.map((_, i) => [2 * i + 1, 2 * i + 1]),
    );
  });

  it("is released by the scope around the call, and by nobody else", () => {
    const f = capture((x: Tensor) => ({ list: [x.add(1), x.t()], sum: x.sum() }));
    const x = randn([2, n]);
    const call = (): void =>
      tidy(() => {
        const { list } = f(x);
        expect(at(list[1]!, 1)).toBe(at(x, n));
      });
    for (let i = 0; i < 3; i++) call();
    const { handles, liveBytes } = memory();
    for (let i = 0; i < 5; i++) call();
    expect(memory()).toMatchObject({ handles, liveBytes });
    const outside = f(x.t().t());
    expect(memory().handles).toBe(handles + 5); // two by t
    expect(outside.sum.item()).toBe(x.sum().item());
  });
});

it("nothing is left of a replay that fails, nor of an argument's copy", () => {
  const look = capture((i: Tensor, w: Tensor) => [embedding(i, w), w.add(1)]);
  const w = randn([4, 3]).t();
  const [good, bad] = [
    [0, 2],
    [0, 3],
  ].map((i) => tensor(i, { dtype: "int32" })) as [Tensor, Tensor];
  for (let i = 0; i < 3; i++) tidy(() => void look(good, w));
  const { handles, liveBytes } = memory();
  expect(() => look(bad, w)).toThrow(IndexError);
  expect(memory()).toMatchObject({ handles, liveBytes });
  const [rows] = look(good, w) as [Tensor];
  expect(values(rows)).toEqual(values(w.contiguous().indexSelect(0, good)));
});

it("empty arguments and results have no calls, wherever they stand", () => {
  const f = capture((a: Tensor, y: Tensor, b: Tensor) => [
    a.add(1),
    y.mul(2),
    y.sum(),
    b.narrow(0, 0, 0),
  ]);
  for (let i = 0; i < 5; i++) {
    const [first, twice, sum, last] = f(zeros([0, 3]), tensor([i]), zeros([2, 0]));
    expect([first!.shape, twice!.toArray(), sum!.item(), last!.shape]).toEqual([
      [0, 3],
      [2 * i],
      i,
      [0, 0],
    ]);
  }
});

it("an argument that was disposed of is named, and the next call works", () => {
  const f = capture((x: Tensor) => x.neg());
  for (let i = 0; i < 3; i++) f(ones([2]));
  const x = ones([2]);
  x.dispose();
  expect(() => f(x)).toThrow(DisposedError);
  expect(f(ones([2])).toArray()).toEqual([-1, -1]);
});

describe("arguments and results", () => {
  type Program = (x: Tensor, y: Tensor) => Tensor[];
  const weight = randn([12], { requiresGrad: true });

  /** The kernels of a replay, whose results are those of a call that is not captured. */
  function kernelsOf(fn: Program): string {
    const captured = capture(fn);
    profile(() => null, { print: false }); // the first measures the machine
    let kernels = "";
    for (let call = 0; call < 4; call++) {
      const [x, y] = [randn([200, 12]), randn([13, 200, 12]).select(0, call)];
      const wanted = fn(x.clone(), y.clone()).map(values);
      const before = [values(x), values(y)];
      const { result, rows } = profile(() => captured(x, y), { print: false });
      expect(result.map(values)).toEqual(wanted);
      expect([values(x), values(y)]).toEqual(before);
      const ops = rows.filter(({ op }) => op !== "(JavaScript)");
      kernels = ops.map(({ op, calls }) => op + (calls > 1 ? ` x ${calls}` : "")).join(", ");
    }
    return kernels.split(", ").sort().join(", ");
  }

  const free: [string, string, Program][] = [
    ["elementwise ops", "mul, sub", (x, y) => [x.sub(y).mul(2)]],
    ["a product", "matmul", (x, y) => [x.mT.matmul(y)]],
    ["rows", "softmax, sum", (x, y) => [x.softmax(1), y.sum(1)]],
    ["pooling", "maxPool2d", (x) => [maxPool2d(x.view([50, 1, 6, 8]), 2)]],
    [
      "part of an argument",
      "argsort, exp, gather",
      (x, y) => [x.narrow(0, 3, 5).exp(), y.sort(0).values],
    ],
    ["what is read again", "neg, sum", (x) => ((y) => [y, y.sum()])(x.neg())],
    ["a result that is modified", "add, copy, neg", (x, y) => [x.neg().copy_(x.add(y))]],
    ["what a graph has", "add, relu", (x) => [x.add(weight).relu()]],
  ];
  it.each(free)("are not copied: %s", (_, kernels, fn) => {
    expect(kernelsOf(fn)).toBe(kernels);
  });

  it("are not copied where they are large: the chain between them reads and writes them", () => {
    const f = capture((x: Tensor, y: Tensor) => x.sub(y).mul(2));
    const [x, y] = [randn([SIZES[1]!]), randn([SIZES[1]!])];
    profile(() => null, { print: false }); // the first measures the machine
    for (let i = 0; i < 2; i++) f(x, y);
    const { rows } = profile(() => f(x, y), { print: false });
    expect(
      rows.filter(({ op }) => op !== "(JavaScript)").map(({ op, calls }) => [op, calls]),
    ).toEqual([["chain", 1]]);
  });

  const copied: [string, string, Program][] = [
    ["an argument that is modified", "copy x 2, neg", (x, y) => [x.copy_(y).neg()]],
    ["an argument that is a result", "copy", (x) => [x]],
    ["a part of one", "copy, neg", (x) => [x.neg().narrow(0, 3, 5)]],
    ["a result that is turned", "copy, neg", (x) => [x.neg().mT]],
    ["the second time that it is a result", "copy, neg", (x) => ((y) => [y, y])(x.neg())],
    ["what was there before", "copy, neg", (x) => [x.neg(), weight]],
  ];
  it.each(copied)("are copied: %s", (_, kernels, fn) => {
    expect(kernelsOf(fn)).toBe(kernels);
  });

  it("are copied where a gradient has the same memory, which stays", () => {
    const w = ones([3], { requiresGrad: true });
    const f = capture((x: Tensor) => {
      w.grad = null;
      w.add(1).backward(x);
      return w.grad!;
    });
    for (let call = 0; call < 5; call++) {
      const x = tensor([call, 2, 3]);
      const result = f(x);
      x.mul_(10);
      expect(result.toArray()).toEqual([call, 2, 3]);
      result.mul_(10);
      expect(w.grad!.toArray()).toEqual([call, 2, 3]);
    }
  });

  it("are copied where a number may be an address of theirs", () => {
    // Some of these floats have the bits of addresses within 1 MB, wherever those are.
    const bits = Int32Array.from({ length: 400 }, (_, k) => (k + 1) << 19);
    const f = capture((x: Tensor) => {
      const results = Array.from(new Float32Array(bits.buffer), (least) =>
        x.narrow(0, 0, 1).clamp(least, 1),
      );
      return [stack(results), x.neg()];
    });
    for (let call = 0; call < 6; call++) {
      const [least, negative] = f(zeros([1 << 18]).add(call - 4.5)) as [Tensor, Tensor];
      const wanted = call < 5 ? [...bits] : bits.map(() => 0x3f000000);
      expect([...new Int32Array(least.toTypedArray().buffer)]).toEqual([...wanted]);
      expect(values(negative)).toBe(values(zeros([1 << 18]).add(4.5 - call)));
    }
  });
});

describe("random programs that write where their arguments may lie", () => {
  /** Two tensors that a program reads and writes, and a program. */
  interface State {
    readonly w: Tensor;
    readonly v: Tensor;
  }
  type Program = (state: State) => (x: Tensor, y: Tensor) => Tensor[];

  /** Numbers below n that follow from a seed. */
  function draw(seed: number): (n: number) => number {
    let state = seed;
    return (n) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
  }

  const part = (w: Tensor, from: number): Tensor => w.narrow(0, from, w.numel() - 2);

  function program(seed: number): Program {
    return ({ w, v }) =>
      (x, y) => {
        const next = draw(seed);
        const all = [x, y, v, part(w, 0), part(w, 2)];
        const pick = (): Tensor => all[next(all.length)]!;
        const steps: (() => unknown)[] = [
          () => all.push(pick().add(pick())),
          () => all.push(pick().sub(pick()).tanh()),
          () => all.push(tidy(() => pick().mul(2).abs())),
          () => all.push(where(pick().gt(pick()), pick(), pick())),
          () => all.push(pick().clone()),
          () => part(w, next(3)).copy_(pick()),
          () => part(w, next(3)).mul_(0.5),
          () => v.add_(pick().mul(0.5)),
        ];
        for (let i = 2 + next(7); i > 0; i--) steps[next(steps.length)]!();
        return [pick(), pick(), pick().sum()];
      };
  }

  it.each(SIZES)("have the bits of calls on copies: %i elements", (n) => {
    for (let seed = 1; seed <= 80; seed++) {
      const next = draw(seed);
      const states = [0, 1].map((): State => {
        manualSeed(seed);
        return { w: randn([n + 2]), v: randn([n]) };
      }) as [State, State];
      const captured = capture(program(seed)(states[0]));
      const plain = program(seed)(states[1]);
      for (let call = 0; call < 6; call++) {
        const [own, strided] = [randn([n]), randn([n, 2])];
        const lies = ({ w, v }: State): Tensor[] => [
          ...[own, v, part(w, 0), part(w, 1), part(w, 2), strided.select(1, 1)],
        ];
        const [i, k] = [next(6), next(6)];
        const args = lies(states[1]).map((x) => x.clone());
        const wanted = plain(args[i]!, args[k]!);
        const [x, y] = [lies(states[0])[i]!, lies(states[0])[k]!];
        const got = captured(x, y);
        const what = `program ${seed}, call ${call}`;
        expect(got.map(values), what).toEqual(wanted.map(values));
        expect(Object.values(states[0]).map(values), what).toEqual(
          Object.values(states[1]).map(values),
        );
      }
    }
  });
});
