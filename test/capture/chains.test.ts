// Neighbouring elementwise calls of a recording become one pass over memory (src/kernels/chain.ts): with
// the same bits as before, whatever overlaps, lies where another was or is looked at later.
import { describe, expect, it } from "vitest";
import {
  capture,
  cat,
  clamp,
  dropout,
  layerNorm,
  manualSeed,
  rand,
  randn,
  stack,
  type Tensor,
  tidy,
  where,
  zeros,
} from "../../src/index.js";
import { expectSame, kernelsOf, type Result } from "./replays.js";

const N = 70_001; // more than what stays as it is, and no whole number of units

const two = (n = N): Tensor[] => [randn([n]), randn([n])];
type Pair = (x: Tensor, y: Tensor) => Result;
const same = (fn: Pair, n = N): void =>
  expectSame(
    (x, y) => fn(x, y),
    () => two(n),
  );

describe("a chain", () => {
  const [x, y] = two() as [Tensor, Tensor];

  it("is one call of neighbours that run over the same elements", () => {
    expect(kernelsOf(() => x.sub(y).mul(2).add(1).square())).toEqual(["1 chain"]);
    expect(kernelsOf(() => where(x.gt(y), x.exp(), clamp(y, -1, 1)))).toEqual(["1 chain"]);
    expect(kernelsOf(() => x.add(1).add_(y).mul_(3).neg())).toEqual(["1 chain"]);
    const [m, w] = [randn([256, 256]), randn([256, 256])];
    expect(kernelsOf(() => m.add(1).neg().matmul(w).mul(2).abs())).toEqual(["1 matmul", "2 chain"]);
  });

  it("is one of broadcast and strided operands, too", () => {
    const [m, row, column] = [randn([300, 250]), randn([250]), randn([300, 1])];
    const scaled = (): Result => m.sub(column).div(column).mul(row).add(row).relu();
    expect(kernelsOf(scaled)).toEqual(["1 chain"]);
    const [image, channel] = [randn([8, 30, 15, 15]), randn([30, 1, 1])];
    expect(kernelsOf(() => image.mul(channel).add(channel).relu())).toEqual(["1 chain"]);
    const gated = (): Result => {
      const [value, gate] = m.chunk(2, 1) as [Tensor, Tensor];
      return value.mul(gate.sigmoid());
    };
    expect(kernelsOf(gated)).toEqual(["1 chain"]);
    const [s, t] = [x.expand([2, N]).transpose(0, 1), y.expand([2, N]).transpose(0, 1)];
    expect(kernelsOf(() => s.sub(t).add(s))).toEqual(["1 chain"]);
  });

  it("is one of rows, too: layer norm, softmax, dropout, what is reduced to an element a row", () => {
    const [m, w] = [randn([512, 256]), randn([256])];
    const kept = { keepdim: true };
    const rms = (): Result => m.mul(m.square().mean(-1, kept).add(1e-6).rsqrt()).mul(w);
    expect(kernelsOf(rms)).toEqual(["1 chain"]);
    expect(kernelsOf(() => layerNorm(m.add(dropout(m.neg(), 0.1)), [256], w, w))).toEqual([
      "1 chain",
    ]);
    const soft = (): Result => {
      const e = m.sub(m.amax(-1, kept)).exp();
      return e.div(e.sum(-1, kept));
    };
    expect(kernelsOf(soft)).toEqual(["1 chain"]);
    const scores = randn([8, 128, 128]);
    const mask = randn([128, 128]);
    expect(kernelsOf(() => scores.mul(0.5).add(mask).softmax(-1))).toEqual(["1 chain"]);
    expect(kernelsOf(() => m.neg().softmax(0))).toEqual(["1 neg", "1 softmax"]);
  });

  it("is none of few elements, of different numbers of them, of rows of different lengths", () => {
    const [a, b] = two(1000) as [Tensor, Tensor];
    expect(kernelsOf(() => a.sub(b).neg())).toEqual(["1 neg", "1 sub"]);
    const m = randn([300, 250]);
    const refolded = (): Result =>
      m
        .mul(m.select(0, 0))
        .reshape([250, 300])
        .add(m.reshape([250, 300]).select(0, 1));
    expect(kernelsOf(refolded)).toEqual(["1 add", "1 mul"]);
    const half = x.narrow(0, 0, N >> 1);
    expect(kernelsOf(() => [x.neg(), half.abs()])).toEqual(["1 abs", "1 neg"]);
  });

  it("has in memory what is read as a whole, also where other tensors have been or come to be", () => {
    const parts = (x: Tensor, y: Tensor): Tensor => tidy(() => x.mul(2).add(y.mul(3)).cumsum(0));
    const whole = (x: Tensor, y: Tensor): Tensor => tidy(() => cat([x.neg(), y.abs()]).cumsum(0));
    const size = 65_536; // in memory one lies right behind the other
    same((x, y) => [parts(x, y), whole(x, y), parts(y, x), whole(y, x)], size);
    same((x, y) => [whole(x, y), parts(x, y), parts(y, x), whole(y, x)], size);
  });

  it("ends where one call needs another element of what an earlier one makes", () => {
    const shifted = (): Result => {
      const z = x.mul(2);
      return z.narrow(0, 1, N - 1).add(z.narrow(0, 0, N - 1));
    };
    expect(kernelsOf(shifted)).toEqual(["1 add", "1 mul"]);
    expect(kernelsOf(() => y.mul(x.mul(2).narrow(0, N - 1, 1)))).toEqual(["2 mul"]);
  });

  const programs: Record<string, Pair> = {
    "parts of what is read as a whole": (x, y) => {
      const joined = cat([x, y, x.neg()]);
      return [joined.cumsum(0), stack([y.mul(2), x]).mT.cumsum(1)];
    },
    "arithmetic, numbers on either side": (x, y) => x.sub(y).mul(2).add(1).div(y).neg().square(),
    "what branches and joins": (x, y) => {
      const [s, d] = [x.add(y), x.sub(y)];
      return s.mul(d).add(s.div(d)).sub(d);
    },
    "steps that are returned, too": (x, y) => {
      const a = x.add(y);
      const b = a.exp();
      return [a, b, b.mul(a)];
    },
    "steps that others read later": (x, y) => {
      const a = x.mul(y);
      const b = a.abs().sqrt();
      return [b.sum(), a.sum(), a.narrow(0, 5, 9).neg(), b.cumsum(0)];
    },
    "bools and integers": (x, y) => {
      const less = x.lt(y);
      const n = x.mul(9).to("int32");
      const even = n.mul(n).eq(4);
      return [where(less.logicalAnd(even.logicalNot()), x, y), less.to("float32").mul(x), n.neg()];
    },
    "in-place steps": (x, y) => {
      const z = x.clone();
      z.add_(y).mul_(z).sub_(1);
      return [z.neg(), z.add_(1)];
    },
    "an argument that changes": (x, y) => [x.add_(y).mul_(2).neg(), x],
    "a step shifted by one": (x, y) => {
      const z = x.mul(2).neg();
      return z
        .narrow(0, 1, N - 1)
        .add(z.narrow(0, 0, N - 1))
        .mul(y.narrow(0, 2, N - 2).sum());
    },
    "an element for all": (x, y) => {
      const z = x.mul(2).neg();
      return y.mul(z.narrow(0, N - 1, 1)).add(z.narrow(0, 0, 1));
    },
    "memory that is used again": (x, y) => {
      let z = x;
      for (let i = 0; i < 9; i++) z = tidy(() => z.mul(y).add(0.5).tanh());
      return z;
    },
    "bools where floats were, and back": (x, y) => {
      const bits = tidy(() => x.add(y).mul(2).gt(0));
      const floats = tidy(() => bits.to("float32").sub(0.5).mul(y));
      const again = tidy(() => floats.abs().lt(0.2).logicalOr(bits));
      return [bits, floats, again, again.to("float32").add(floats)];
    },
    "more steps than there is room for": (x, y) => {
      const all = Array.from({ length: 50 }, (_, i) => x.mul(i).add(y));
      return all.reduce((sum, z) => sum.add(z.neg()));
    },
  };

  it.each(Object.entries(programs))("gives the same bits: %s", (_, program) => {
    same(program);
  });

  it("gives the same bits at every number of elements around its limit and its pieces", () => {
    for (const n of [32_767, 32_768, 32_769, 34_816, 36_863, 36_865])
      same((x, y) => [x.sub(y).mul(x).exp(), x.gt(y).logicalNot()], n);
  });

  it("of a gradient, and of a leaf's gradient", () => {
    const w = randn([N], { requiresGrad: true });
    const step = (x: Tensor): Result => {
      w.grad = null;
      w.mul(x).sub(1).square().sigmoid().sum().backward();
      return [w.grad!.clone(), w.grad!.neg().mul(2)];
    };
    expectSame(
      (x) => step(x),
      () => [randn([N])],
    );
  });

  it("of gradients that add up", () => {
    const w = randn([N], { requiresGrad: true });
    const step = (x: Tensor, first: boolean): Result => {
      w.grad = null;
      const h = w.mul(x);
      const sums = [h.cumsum(0).sum(), h.square().neg().sum()];
      (first ? sums : sums.reverse()).reduce((a, b) => a.add(b)).backward();
      return w.grad!;
    };
    for (const first of [true, false])
      expectSame(
        (x) => step(x, first),
        () => [randn([N])],
      );
  });

  it("changes nothing that was made before", () => {
    const total = zeros([N]);
    const add = capture((x: Tensor) => {
      total.add_(x.mul(2).add(1));
      return total.sum();
    });
    const wanted = zeros([N]);
    for (let i = 0; i < 4; i++) {
      const x = rand([N]);
      add(x);
      wanted.add_(x.mul(2).add(1));
      expect(total.toTypedArray()).toEqual(wanted.toTypedArray());
    }
  });

  /** A program of random steps on what is there, some of it released, some of it returned. */
  function random(seed: number): Pair {
    return (x, y) => {
      let state = seed;
      const next = (n: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * n);
      };
      const floats = [x, y];
      const bools = [x.lt(y)];
      const pick = (from: readonly Tensor[]): Tensor => from[next(from.length)]!;
      const steps: (() => void)[] = [
        () => floats.push(pick(floats).add(pick(floats))),
        () => floats.push(pick(floats).mul(pick(floats))),
        () => floats.push(pick(floats).sub(next(9))),
        () => floats.push(pick(floats).tanh()),
        () => floats.push(where(pick(bools), pick(floats), pick(floats))),
        () => floats.push(tidy(() => pick(floats).add(1).neg().abs())),
        () => floats.push(pick(bools).to("float32")),
        () => floats.push(pick(floats).sum().expand([N]).clone()),
        () => floats.push(pick(floats).flip(0)),
        () => bools.push(pick(floats).lt(pick(floats))),
        () => bools.push(pick(bools).logicalXor(pick(bools))),
        () => pick(floats.slice(2).concat(x.clone())).add_(pick(floats)),
        () => {
          if (floats.length > 4) floats.splice(2 + next(floats.length - 2), 1)[0]!.dispose();
        },
        () => {
          if (bools.length > 2) bools.splice(next(bools.length), 1)[0]!.dispose();
        },
      ];
      for (let i = 0; i < 30; i++) steps[next(steps.length)]!();
      return [...floats.slice(-2), ...bools.slice(-1), pick(floats).mean()];
    };
  }

  it("gives the same bits in random programs", () => {
    manualSeed(5);
    for (let seed = 1; seed <= 60; seed++) same(random(seed));
  });
});

describe("a chain of rows", () => {
  const leaf = (x: Tensor): Tensor => Object.assign(x.clone(), { requiresGrad: true });
  type Rows = (x: Tensor, y: Tensor, row: Tensor, column: Tensor) => Result;
  const SHAPES = [
    [300, 250],
    [33_000, 1],
    [1, 33_000],
    [11_000, 3],
    [700, 65],
    [40, 1024],
    [13, 3072],
    [9, 5000],
    [3, 16_384],
    [2, 16_385],
    [256, 128],
    [64, 2048],
  ] as const;

  const sameRows = (fn: Rows, rows: number, cols: number): void =>
    expectSame(
      (x, y, row, column) => fn(x, y, row, column),
      () => [randn([rows, cols]), randn([rows, cols]), randn([cols]), rand([rows, 1])],
    );

  const programs: Record<string, Rows> = {
    "by rows and columns": (x, y, row, column) => x.sub(column).div(column.add(1)).mul(row).add(y),
    "what is one for all in between": (x, y, row, column) => {
      const [h, g] = [x.mul(row).add(1), y.sub(column)];
      return [h.neg().mul(g).square(), g, h.gt(g).logicalNot()];
    },
    "of means of themselves": (x, _, row) => {
      const centred = x.sub(x.mean(1, { keepdim: true }));
      return centred.mul(centred.square().mean(1, { keepdim: true }).add(0.1).rsqrt()).mul(row);
    },
    "what is turned, parts of it, backwards": (x, y, row, column) => {
      const [rows, cols] = x.shape as [number, number];
      const turned = x.transpose(0, 1).contiguous().transpose(0, 1).mul(row).sub(y);
      const half = y.narrow(1, 0, Math.ceil(cols / 2));
      const back = x.flip(0).add(column).abs();
      const every = y.reshape([-1]).asStrided([Math.ceil((rows * cols) / 2)], [2], 0);
      return [turned, half.mul(column).neg(), back, every.mul(2).exp()];
    },
    "planes of channels": (x, y, row) => {
      const planes = x.reshape([x.shape[0]!, 1, x.shape[1]!]).add(y.narrow(0, 0, 1));
      return where(planes.gt(0), planes.mul(row), row).to("int32");
    },
    "layer norm, and gradients of it": (x, y, row, column) => {
      const p = leaf(x);
      const w = leaf(row);
      layerNorm(p.add(y), [row.shape[0]!], w, w).mul(column).add(p).gelu().sum().backward();
      return [p.grad!.mul(y), w.grad!];
    },
    "softmax of what is masked, and gradients of it": (x, y, row, column) => {
      const p = leaf(x);
      const q = p.mul(column).add(row).softmax(-1);
      q.mul(y).add(p.logSoftmax(-1)).square().sum().backward();
      return [q, p.grad!];
    },
    "dropout, in between, and gradients of it": (x, y, row) => {
      const p = leaf(x);
      const z = dropout(p.add(y), 0.25).mul(row).relu();
      dropout(z.softmax(-1), 0.5).add(p).sum().backward();
      return [z, p.grad!.neg()];
    },
    "extremes, their places, variances": (x, y) => {
      const kept = { keepdim: true };
      const places = x.mul(y).argmax(-1, kept).to("float32");
      const n = x.mul(9).to("int32");
      const least = n.amin(-1, kept);
      const spread = y.var(-1, { correction: 0, keepdim: true }).sqrt();
      return [
        x.add(y.neg().amax(-1, kept)).mul(places),
        n.sub(least),
        y.div(spread.add(1)),
        spread,
      ];
    },
    "a row made of a chain's results": (x, y, row) => {
      const z = x.mul(row).neg();
      return [y.add(z.select(0, 0)).abs(), z];
    },
  };

  it.each(Object.entries(programs))("gives the same bits: %s", (_, program) => {
    for (const [rows, cols] of SHAPES) sameRows(program, rows, cols);
  });

  /** A program of random steps on tensors of one shape, on rows and on columns. */
  function random(seed: number): Rows {
    return (x, y, row, column) => {
      let state = seed;
      const next = (n: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * n);
      };
      const all = [x, y];
      const parts = [row, column, x.narrow(0, 0, 1), y.narrow(1, 0, 1)];
      const pick = (): Tensor => all[next(all.length)]!;
      const part = (): Tensor => parts[next(parts.length)]!;
      const turned = (z: Tensor): Tensor => z.transpose(0, 1).contiguous().transpose(0, 1);
      const steps: (() => unknown)[] = [
        () => all.push(pick().add(part())),
        () => all.push(pick().mul(part())),
        () => all.push(part().sub(pick())),
        () => all.push(pick().maximum(pick())),
        () => all.push(pick().tanh()),
        () => all.push(where(pick().gt(part()), pick(), part())),
        () => all.push(tidy(() => pick().add(part()).neg().mul(part()))),
        () => all.push(pick().flip(next(2))),
        () => all.push(turned(pick())),
        () => parts.push(pick().narrow(next(2), 0, 1)),
        () => parts.push(pick().mean(next(2), { keepdim: true })),
        () => parts.push(pick().square().mean(1, { keepdim: true }).add(0.1).rsqrt()),
        () => parts.push(pick().amax(1, { keepdim: true }).neg()),
        () => all.push(pick().softmax(next(2))),
        () => all.push(layerNorm(pick(), [row.shape[0]!], row, next(2) ? row : undefined)),
        () => all.push(dropout(pick(), 0.3)),
        () => pick().clone().add_(part()),
        () => all.slice(2)[0]?.mul_(part()),
        () => all.length > 4 && all.splice(2 + next(all.length - 2), 1)[0]!.dispose(),
      ];
      for (let i = 0; i < 25; i++) steps[next(steps.length)]!();
      return [...all.slice(-2), pick().mean()];
    };
  }

  it("gives the same bits in random programs", () => {
    manualSeed(6);
    for (let seed = 1; seed <= 60; seed++) {
      const [rows, cols] = SHAPES[seed % SHAPES.length]!;
      sameRows(random(seed), rows, cols);
    }
  });
});
