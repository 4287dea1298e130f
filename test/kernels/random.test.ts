// Random numbers: Philox' known answers, each distribution against its formula in float64 (or to
// the bit where it is exact). Their statistics: random-statistics.test.ts.
import { describe, expect, it } from "vitest";
import {
  flatUnits,
  permutationCounters,
  permutationUnits,
  randomCounters,
} from "../../src/kernels/units.js";
import { Bench, builds } from "./harness.js";

type Words = [number, number, number, number];

/** Philox4x32-10 as its authors wrote it down. */
function philox(counter: Words, key: [number, number]): Words {
  let [x0, x1, x2, x3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const a = 0xd2511f53n * BigInt(x0);
    const b = 0xcd9e8d57n * BigInt(x2);
    const high = (product: bigint): number => Number(product >> 32n);
    const low = (product: bigint): number => Number(product & 0xffffffffn);
    [x0, x1, x2, x3] = [(high(b) ^ x1 ^ k0) >>> 0, low(b), (high(a) ^ x3 ^ k1) >>> 0, low(a)];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [x0, x1, x2, x3];
}

interface Seed {
  seed: [number, number];
  offset: bigint;
}

function words(n: number, { seed, offset }: Seed): number[] {
  const all: number[] = [];
  for (let i = 0n; all.length < n; i++) {
    const counter = BigInt.asUintN(64, offset + i);
    all.push(...philox([Number(counter & 0xffffffffn), Number(counter >> 32n), 0, 0], seed));
  }
  return all.slice(0, n);
}

const slots = ({ seed, offset }: Seed): number[] => [
  ...seed,
  Number(offset & 0xffffffffn),
  Number(offset >> 32n),
];

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 33, 1023, 1024, 1025, 2051];
const SEEDS: Seed[] = [
  { seed: [0, 0], offset: 0n },
  { seed: [42, 0], offset: 7n },
  { seed: [0xa4093822, 0x299f31d0], offset: 0xffff_fffen },
  { seed: [0xffffffff, 0xffffffff], offset: 0x1234_ffff_fff9n },
  { seed: [1, 2], offset: 0xffff_ffff_ffff_fffdn },
];

const f = Math.fround;
it("the reference gives the known answers of the Random123 distribution", () => {
  const hex = (x: Words): string => x.map((w) => w.toString(16).padStart(8, "0")).join(" ");
  const ones = 0xffffffff;
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe(
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  );
  expect(
    hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
  ).toBe("d16cfe09 94fdcceb 5001e420 24126ea1");
});

describe.each(builds)("random kernels, %s build", (build) => {
  const draw = (
    name: "uniformF32" | "normalF32" | "randintI32" | "bernoulliF32",
    n: number,
    seed: Seed,
    scalars: number[],
    ranges: number | [number, number][] = flatUnits(n),
    bench = new Bench(build),
  ): Float32Array => {
    const out = bench.put(new Float32Array(n).fill(99), 4);
    bench.run(name, ranges, out, n, ...slots(seed), ...scalars);
    return out.read();
  };
  const integers = (...params: Parameters<typeof draw>): Int32Array =>
    new Int32Array(draw(...params).buffer);

  it("randintI32 shows Philox' words, whatever the seed, offset and size", () => {
    // floor(word (2^32 - 1) / 2^32) = word - 1, but for word 0.
    expect(integers("randintI32", 4, SEEDS[0]!, [0, 0xffffffff])).toEqual(
      Int32Array.of(0x6627e8d4, 0xe169c58c, 0xbc57ac4b, 0x9b00dbd7),
    );
    const bench = new Bench(build);
    for (const seed of SEEDS) {
      const all = words(2051, seed);
      for (const n of SIZES) {
        const got = integers("randintI32", n, seed, [0, 0xffffffff], flatUnits(n), bench);
        expect(got).toEqual(Int32Array.from(all.slice(0, n), (w) => Math.max(w - 1, 0)));
      }
    }
  });

  it("randintI32 stays in [low, low + range)", () => {
    const all = words(1000, SEEDS[1]!);
    for (const [low, range] of [
      [0, 1],
      [-3, 7],
      [5, 10],
      [-(2 ** 31), 2 ** 32 - 1],
      [0, 2 ** 31],
    ]) {
      // prettier-ignore
      const got = integers("randintI32", 1000, SEEDS[1]!, [low!, range!]);
      expect(got).toEqual(
        Int32Array.from(all, (w) => low! + Number((BigInt(w) * BigInt(range!)) >> 32n)),
      );
    }
  });

  it("uniformF32 is low + (high - low) k / 2^24, to the bit", () => {
    const bench = new Bench(build);
    for (const [low, high] of [
      [0, 1],
      [-1, 1],
      [-0.3, 0.7],
      [2, 5],
      [-8, -3],
      [1e-3, 1e3],
    ]) {
      // prettier-ignore
      for (const seed of SEEDS) {
        const all = words(2051, seed);
        for (const n of SIZES) {
          const range = f(f(high!) - f(low!));
          const want = Float32Array.from(all.slice(0, n), (w) => f(f(low!) + f(range * ((w >>> 8) / 2 ** 24))));
          const got = draw("uniformF32", n, seed, [low!, high!], flatUnits(n), bench);
          expect(got).toEqual(want);
        }
      }
    }
  });

  it("uniformF32 never gives high, though rounding would", () => {
    const below = new Map([
      [1 + 2 ** -23, 1],
      [1, 1 - 2 ** -24],
      [-1, -1 - 2 ** -23],
      [0, -(2 ** -149)],
      [1000.001, 1000.0009155273438],
    ]);
    for (const [high, cap] of below) {
      const low = high === 0 ? -(2 ** -148) : f(f(high) - 2 ** -23 * Math.max(1, Math.abs(high)));
      const got = draw("uniformF32", 500, SEEDS[1]!, [low, high]);
      expect(Math.max(...got)).toBe(f(cap));
      expect(Math.min(...got)).toBeGreaterThanOrEqual(low);
    }
    expect(new Set(draw("uniformF32", 50, SEEDS[1]!, [3, 3]))).toEqual(new Set([3]));
  });

  it("normalF32 is Box and Muller's formula within 2^-21.5 of the radius", () => {
    const bench = new Bench(build);
    // What this bounds is the arithmetic; u itself is rounded to float32, as the kernel does.
    const radius = (w: number): number =>
      Math.sqrt(-2 * Math.log(f(f(f(w >>> 1) / 2 ** 31) + 2 ** -32)));
    let worst = 0;
    for (const seed of SEEDS) {
      const all = words(2052, seed);
      const want = all.map((_, i) => {
        const r = radius(all[i & ~1]!);
        const angle = (2 * Math.PI * all[i | 1]!) / 2 ** 32;
        return { r, z: r * (i & 1 ? Math.sin(angle) : Math.cos(angle)) };
      });
      for (const n of SIZES) {
        const got = draw("normalF32", n, seed, [0, 1], flatUnits(n), bench);
        got.forEach((z, i) => {
          worst = Math.max(worst, Math.abs(z - want[i]!.z) / want[i]!.r);
        });
        expect(got.every(Number.isFinite)).toBe(true);
      }
    }
    expect(worst).toBeLessThan(2 ** -21.5);
  });

  it("normalF32 scales: mean + std z", () => {
    const z = draw("normalF32", 1025, SEEDS[1]!, [0, 1]);
    const got = draw("normalF32", 1025, SEEDS[1]!, [-2.5, 0.3]);
    expect(got).toEqual(z.map((x) => f(-2.5 + f(f(0.3) * x))));
    expect(new Set(draw("normalF32", 9, SEEDS[1]!, [7, 0]))).toEqual(new Set([7]));
  });

  it("bernoulliF32 is u < p", () => {
    const all = words(1025, SEEDS[1]!);
    for (const p of [0, 0.25, 0.9, 2 ** -24, 1]) {
      const got = draw("bernoulliF32", 1025, SEEDS[1]!, [p]);
      expect(got).toEqual(Float32Array.from(all, (w) => Number((w >>> 8) / 2 ** 24 < f(p))));
    }
  });

  it("draws begin at their offset: element i is the same in any draw that covers its counter", () => {
    const n = 2051;
    for (const [name, scalars] of [
      ["uniformF32", [0, 1]],
      ["normalF32", [0, 1]],
    ] as const) {
      // prettier-ignore
      const { seed, offset } = SEEDS[2]!;
      const whole = draw(name, n, { seed, offset }, [...scalars]);
      const behind = draw(name, n - 400, { seed, offset: offset + 100n }, [...scalars]);
      expect(behind).toEqual(whole.slice(400));
      expect(draw(name, 77, { seed, offset }, [...scalars])).toEqual(whole.slice(0, 77));
      const split: [number, number][] = [[2, 3], [1, 1], [0, 1], [1, 2]]; // prettier-ignore
      expect(draw(name, n, { seed, offset }, [...scalars], split)).toEqual(whole);
    }
    expect([0, 1, 4, 5, 1024].map(randomCounters)).toEqual([0, 1, 1, 2, 256]);
    expect([0, 1, 2, 3, 1024].map(permutationCounters)).toEqual([0, 1, 1, 2, 512]);
  });

  const permutation = (n: number, seed: Seed, bench = new Bench(build)): Int32Array => {
    const out = bench.put(new Int32Array(n).fill(-99), 4);
    bench.run("permutationI32", permutationUnits(n), out, n, ...slots(seed));
    return out.read();
  };

  it("keeps the committed bits", () => {
    const bits = (x: Float32Array): string =>
      [...new Int32Array(x.buffer)].map((b) => (b >>> 0).toString(16)).join(" ");
    const seed: Seed = { seed: [42, 0], offset: 0n };
    expect(bits(draw("uniformF32", 8, seed, [0, 1]))).toBe(
      "3f1ceaf0 3eefea92 3d95fa80 3eae8566 3f7cdb21 3ea774d8 3f038f5a 3ee89c0c",
    );
    expect(bits(draw("normalF32", 16, seed, [0, 1]))).toBe(
      "bf785e5c 3e46ace8 bf9e28d3 3ff6433c bd95e033 3e0e7a13 bf8da734 3ea742fe " +
        "beac8645 bf04ccb8 3e1821f2 bf7ec66e bec26cee bf328695 bf3fd093 3f361e4f",
    );
    expect([...permutation(10, seed)]).toEqual([0, 9, 1, 7, 5, 6, 8, 2, 3, 4]);
    expect([...integers("randintI32", 8, seed, [0, 10])]).toEqual([6, 4, 0, 3, 9, 3, 5, 4]);
    const hash = (x: Float32Array | Int32Array): number =>
      new Uint32Array(x.buffer).reduce((h, word) => (Math.imul(h, 31) + word) >>> 0, 0);
    expect(hash(draw("uniformF32", 100_000, seed, [0, 1]))).toBe(486583386);
    expect(hash(draw("normalF32", 100_000, seed, [0, 1]))).toBe(418274822);
    // So many that the lower words of r count in some steps.
    expect(hash(permutation(1 << 19, seed))).toBe(3219375780);
  });

  const dropout = (
    x: Float32Array,
    p: number,
    seed = SEEDS[1]!,
    ranges: number | [number, number][] = flatUnits(x.length),
    bench = new Bench(build),
  ): Float32Array => {
    const out = bench.put(new Float32Array(x.length).fill(99), 4);
    bench.run("dropoutF32", ranges, bench.put(x, 8), out, x.length, ...slots(seed), p);
    return out.read();
  };

  it("dropoutF32 keeps x / (1 - p) where u >= p", () => {
    const bench = new Bench(build);
    for (const n of SIZES) {
      const all = words(n, SEEDS[2]!);
      const x = Float32Array.from({ length: n }, (_, i) => i - 5.5);
      for (const p of [0.1, 0.5, 0.75]) {
        const scale = f(1 / (1 - f(p)));
        const want = x.map((v, i) => ((all[i]! >>> 8) / 2 ** 24 >= f(p) ? f(v * scale) : 0));
        expect(dropout(x, p, SEEDS[2], flatUnits(n), bench)).toEqual(want);
      }
    }
    // The element whose u is p itself stays.
    const p = (words(2, SEEDS[2]!)[1]! >>> 8) / 2 ** 24;
    expect(dropout(Float32Array.of(1, 1), p, SEEDS[2])[1]).toBe(f(1 / (1 - p)));
    expect(draw("bernoulliF32", 2, SEEDS[2]!, [p])[1]).toBe(0);
  });

  it("dropoutF32 with p = 0 copies, with p = 1 gives zeros, NaN or not", () => {
    const x = Float32Array.of(1, -0, NaN, Infinity, -Infinity, 1e-45, 7);
    expect(dropout(x, 0)).toEqual(x);
    expect(dropout(x, 1)).toEqual(new Float32Array(7));
    const half = dropout(new Float32Array(2051).fill(NaN), 0.5);
    expect(half.some((v) => v === 0) && half.some((v) => Number.isNaN(v))).toBe(true);
  });

  it("dropoutF32 drops the same elements from dy, in place, and however it is split", () => {
    const x = Float32Array.from({ length: 3000 }, (_, i) => i + 1);
    const y = dropout(x, 0.3);
    const dx = dropout(new Float32Array(3000).fill(1), 0.3);
    expect(dx.map((d) => Number(d !== 0))).toEqual(y.map((v) => Number(v !== 0)));
    expect(dropout(x, 0.3, SEEDS[1], [[1, 3], [0, 1]])).toEqual(y); // prettier-ignore
    const bench = new Bench(build);
    const inPlace = bench.put(Float32Array.from(x));
    bench.run("dropoutF32", 3, inPlace, inPlace, 3000, ...slots(SEEDS[1]!), 0.3);
    expect(inPlace.read()).toEqual(y);
    const kept = dx.filter((d) => d !== 0).length;
    expect(Math.abs(kept - 2100) / Math.sqrt(3000 * 0.3 * 0.7)).toBeLessThan(3);
  });

  it("permutationI32 is Fisher's and Yates' shuffle", () => {
    const bench = new Bench(build);
    for (const seed of SEEDS) {
      for (const n of [...SIZES, 511, 512, 513]) {
        const all = words(2 * n, seed);
        const want = Int32Array.from({ length: n }, (_, i) => i);
        for (let k = 0; k < n; k++) {
          const r = (BigInt(all[2 * k + 1]!) << 32n) | BigInt(all[2 * k]!);
          const pick = Number((r * BigInt(n - k)) >> 64n);
          [want[n - 1 - k], want[pick]] = [want[pick]!, want[n - 1 - k]!];
        }
        expect(permutation(n, seed, bench)).toEqual(want);
        expect(Int32Array.from(want).sort()).toEqual(Int32Array.from(want.keys()));
      }
    }
    const empty = bench.put(Int32Array.of(-99));
    bench.run("permutationI32", 0, empty, 1, 0, 0, 0, 0);
    expect(empty.read()[0]).toBe(-99);
  });
});
