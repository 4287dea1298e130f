// The recurrent kernels against float64 loops, on both builds: outputs and states, and the gradient against
// differences of the loops.
import { describe, expect, it } from "vitest";
import { Bench, builds } from "./harness.js";

const numbers = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const GATES = [1, 1, 4, 3];

interface Setup {
  T: number;
  B: number;
  H: number;
  mode: number;
  reverse: number;
  lengths: number[] | null;
  x: ArrayLike<number>;
  w: ArrayLike<number>;
  bias: ArrayLike<number>;
  h0: ArrayLike<number>;
  c0: ArrayLike<number>;
}

/** Output, last h, last c, one behind the other; w is [G H, H]. */
function oracle({ T, B, H, mode, reverse, lengths, x, w, bias, h0, c0 }: Setup): number[] {
  const G = GATES[mode]!;
  const out = new Array<number>(T * B * H).fill(0);
  const [lastH, lastC]: [number[], number[]] = [[], []];
  for (let b = 0; b < B; b++) {
    let h = Array.from({ length: H }, (_, i) => h0[b * H + i]!);
    let c = Array.from({ length: H }, (_, i) => c0[b * H + i]!);
    const steps = lengths?.[b] ?? T;
    for (let s = 0; s < steps; s++) {
      const t = reverse ? steps - 1 - s : s;
      const hidden = Array.from({ length: G * H }, (_, j) =>
        h.reduce((sum, v, k) => sum + v * w[j * H + k]!, bias[j]!),
      );
      const given = (g: number, i: number): number => x[(t * B + b) * G * H + g * H + i]!;
      const both = (g: number, i: number): number => given(g, i) + hidden[g * H + i]!;
      const next = h.map((before, i) => {
        if (mode === 0) return Math.tanh(both(0, i));
        if (mode === 1) return Math.max(0, both(0, i));
        if (mode === 3) {
          const [r, z] = [sigmoid(both(0, i)), sigmoid(both(1, i))];
          const n = Math.tanh(given(2, i) + r * hidden[2 * H + i]!);
          return (1 - z) * n + z * before;
        }
        c[i] = sigmoid(both(1, i)) * c[i]! + sigmoid(both(0, i)) * Math.tanh(both(2, i));
        return sigmoid(both(3, i)) * Math.tanh(c[i]);
      });
      h = next;
      c = [...c];
      h.forEach((v, i) => (out[(t * B + b) * H + i] = v));
    }
    lastH.push(...h);
    lastC.push(...c);
  }
  return [...out, ...lastH, ...(mode === 2 ? lastC : [])];
}

const setups = [0, 1, 2, 3].flatMap((mode) =>
  [
    { T: 3, B: 2, H: 5, reverse: 0, lengths: null },
    { T: 4, B: 3, H: 7, reverse: 1, lengths: [4, 1, 3] },
    { T: 2, B: 1, H: 17, reverse: 0, lengths: [1] },
    { T: 1, B: 1, H: 1, reverse: 1, lengths: null },
    // Four rows in lockstep, and one: with the weights as they are, and packed in strips.
    { T: 3, B: 6, H: 11, reverse: 0, lengths: [1, 3, 2, 3, 1, 2] },
    { T: 4, B: 6, H: 9, reverse: 1, lengths: [2, 4, 1, 3, 4, 3] },
  ].map((sizes) => ({ mode, ...sizes })),
);

describe.each(builds)("the %s build", (build) => {
  it.each(setups)("mode $mode: $T x $B x $H, reverse $reverse, lengths $lengths", (sizes) => {
    const { T, B, H, mode, reverse, lengths } = sizes;
    const GH = GATES[mode]! * H;
    const [x, w, bias] = [numbers(T * B * GH, 1), numbers(GH * H, 2), numbers(GH, 3)];
    const [h0, c0] = [numbers(B * H, 4), numbers(B * H, 5)];
    const setup = { ...sizes, x, w, bias, h0, c0 };
    const wanted = oracle(setup);
    const turned = Float32Array.from(
      { length: GH * H },
      (_, i) => w[(i % GH) * H + Math.floor(i / GH)]!,
    );
    const bench = new Bench(build);
    const room = (n: number) => bench.put(new Float32Array(n).fill(99));
    const states = [bench.put(h0), bench.put(c0)] as const;
    const length = lengths === null ? 0 : bench.put(Int32Array.from(lengths));
    const out = room(wanted.length);
    const kept = [room(T * B * H), room(T * B * H), room(T * B * GH)] as const;
    const rest = [T, B, H, mode, reverse];
    const units: [number, number][] = B > 1 ? [[1, B], [0, 1]] : [[0, B]]; // prettier-ignore
    const forward = [bench.put(x), bench.put(turned), bench.put(bias), ...states, length];
    bench.run("recurrentF32", units, ...forward, out, ...kept, 0, 0, 0, 0, 0, ...rest);
    out.read().forEach((v, i) => expect(Math.abs(v - wanted[i]!)).toBeLessThan(2e-6));

    const dy = numbers(wanted.length, 6);
    const [dx, dhidden] = [room(T * B * GH), room(T * B * GH)];
    const [dh0, dc0] = [room(B * H), room(B * H)];
    const back = [0, bench.put(w), 0, ...states, length, 0, ...kept, bench.put(dy), dx];
    const both = mode === 3 ? dhidden : dx;
    bench.run("recurrentGradF32", units, ...back, both, dh0, dc0, ...rest);
    const loss = (changed: Partial<Setup>): number =>
      oracle({ ...setup, ...changed }).reduce((sum, v, i) => sum + v * dy[i]!, 0);
    const slope = (name: "x" | "h0" | "c0", i: number): number => {
      const moved = (by: number): number[] =>
        Array.from(setup[name], (v, k) => (k === i ? v + by : v));
      return (loss({ [name]: moved(1e-5) }) - loss({ [name]: moved(-1e-5) })) / 2e-5;
    };
    const compare = (name: "x" | "h0" | "c0", found: Float32Array): void => {
      found.forEach((v, i) =>
        expect(Math.abs(v - slope(name, i)), `${name} ${i}`).toBeLessThan(1e-5),
      );
    };
    compare("x", dx.read());
    compare("h0", dh0.read());
    if (mode === 2) compare("c0", dc0.read());
  });

  it.each([3, 4])("rows in lockstep have the bits of rows alone, T = %i", (T) => {
    const [B, H, mode] = [9, 20, 2];
    const GH = GATES[mode]! * H;
    const outputs = [[[0, B]], Array.from({ length: B }, (_, i) => [i, i + 1])].map((units) => {
      const bench = new Bench(build);
      const put = (n: number, seed: number) => bench.put(numbers(n, seed));
      const room = (n: number) => bench.put(new Float32Array(n).fill(99));
      const states = [put(B * H, 1), put(B * H, 2), 0] as const;
      const made = [room((T + 2) * B * H), room(T * B * H), room(T * B * H), room(T * B * GH)];
      const given = [put(T * B * GH, 3), put(GH * H, 4), put(GH, 5), ...states] as const;
      const rest = [T, B, H, mode, 0];
      const split = units as [number, number][];
      bench.run("recurrentF32", split, ...given, ...made, 0, 0, 0, 0, 0, ...rest);
      const grads = [room(T * B * GH), room(B * H), room(B * H)] as const;
      const [dx, dh0, dc0] = grads;
      const dy = put((T + 2) * B * H, 6);
      bench.run("recurrentGradF32", split, ...given, ...made, dy, dx, dx, dh0, dc0, ...rest);
      return [...made, ...grads].map((x) => x.read());
    });
    expect(outputs[0]).toEqual(outputs[1]);
  });
});
