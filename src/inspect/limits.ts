/**
 * What this machine can do at most. For arithmetic, a loop of independent f32x4 multiply-then-add chains, written
 * out in WebAssembly bytes here, since no compiler should have a say in it. The twelve chains cover
 * the latency of a dependent multiply and add at two of each a cycle, and with the two constants
 * fit V8's fifteen registers. Nothing is loaded or stored, so this is a ceiling, not a goal.
 */
import { tidy } from "../memory/scope.js";
import { add } from "../ops/arithmetic.js";
import { ones } from "../ops/creation.js";

const CHAINS = 12;
const UNROLL = 4;
const LANES = 4;

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...leb(value >>> 7)];
}

const vector = (items: number[][]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: number[]): number[] => [id, ...leb(body.length), ...body];
const simd = (op: number): number[] => [0xfd, ...leb(op)];
const get = (local: number): number[] => [0x20, ...leb(local)];
const set = (local: number): number[] => [0x21, ...leb(local)];
const f32 = (value: number): number[] => [
  0x43,
  ...new Uint8Array(new Float32Array([value]).buffer),
];

const SPLAT = simd(0x13);
const ADD = simd(0xe4);
const MUL = simd(0xe6);
const LANE0 = [...simd(0x1f), 0];

/** (n: i32) => f32: n rounds of `acc = acc * scale + step` on every chain. */
function program(): Uint8Array {
  const [n, scale, step, first] = [0, 1, 2, 3];
  const chains = Array.from({ length: CHAINS }, (_, i) => first + i);
  const round = chains.flatMap((acc) =>
    [get(acc), get(scale), MUL, get(step), ADD, set(acc)].flat(),
  );
  const body = [
    ...[f32(0.5), SPLAT, set(scale), f32(1), SPLAT, set(step)].flat(),
    ...chains.flatMap((acc) => [f32(acc), SPLAT, set(acc)].flat()),
    ...[0x03, 0x40], // loop
    ...Array.from({ length: UNROLL }, () => round).flat(),
    ...[...get(n), 0x41, 1, 0x6b, 0x22, n, 0x0d, 0], // n -= 1; br_if n
    0x0b,
    ...get(first),
    ...chains.slice(1).flatMap((acc) => [...get(acc), ...ADD]),
    ...LANE0,
    0x0b,
  ];
  const code = [...vector([[...leb(CHAINS + 2), 0x7b]]), ...body];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 1, 0x7f, 1, 0x7d]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[1, 0x66, 0, 0]])), // export "f"
    ...section(10, vector([[...leb(code.length), ...code]])),
  ]);
}

/** What one core of this machine can do at most. */
export interface Limits {
  /** Multiplications and additions in float32 SIMD, 10^9 a second. */
  readonly gflops: number;
  /** Bytes of a sum of two tensors of a million elements, read and written, 10^9 a second. */
  readonly gbps: number;
}

/** The fewest milliseconds of several calls. */
function fewestMs(calls: number, run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < calls; i++) {
    const begin = performance.now();
    run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

/** Measures this machine: about 60 ms. */
export function measureLimits(): Limits {
  return tidy(() => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program()), {});
    const loop = exports["f"] as (n: number) => number;
    const rounds = 20_000;
    const flops = 2 * LANES * CHAINS * UNROLL * rounds;
    // The first calls are compiled by the fast compiler: they count for nothing.
    const ms = fewestMs(20, () => void loop(rounds));
    const [a, b] = [ones([1 << 20]), ones([1 << 20])];
    const addMs = fewestMs(20, () => add(a, b).dispose());
    return { gflops: flops / ms / 1e6, gbps: (12 << 20) / addMs / 1e6 };
  });
}
