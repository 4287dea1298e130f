/**
 * What one core of this machine can do, as one more contestant: it is timed in the same rounds as the
 * libraries, so that a throttled minute lowers the limit that a row is held against, too. For what
 * computes, independent chains of SIMD multiplications and additions (twelve cover the latency of
 * each, and fit V8's registers); for what only moves numbers, the plain loop that does just that.
 */
import type { Contestant } from "./contestant.js";
import type { Task } from "./tasks.js";
import * as wasm from "./wasm.js";

const CHAINS = 12;
const UNROLL = 4;
const ROUNDS = 20_000;

/** Of a call of the loop that multiplies and adds. */
export const LIMIT_FLOPS = 2 * 4 * CHAINS * UNROLL * ROUNDS;

export type Loop = "multiplyAdd" | "add" | "relu" | "sum";

/** The loop that is the limit of a task. */
export function loopOf(task: Task): Loop {
  if (task.kind === "sum") return "sum";
  if (task.kind === "unary" && task.fn === "relu") return "relu";
  // A row stays in the first cache: what is left is one array in and one out.
  if (task.kind === "binary") return task.fn === "addRow" ? "relu" : "add";
  return "multiplyAdd";
}

const [ARGUMENT, PLACE, FIRST] = [0, 1, 2];

/** i += step; again while i < the argument. */
const advance = (step: number): number[] => [
  ...wasm.get(PLACE),
  ...wasm.i32(step),
  ...wasm.I32_ADD,
  ...wasm.set(PLACE),
  ...wasm.get(PLACE),
  ...wasm.get(ARGUMENT),
  ...wasm.I32_LT,
  ...wasm.AGAIN_IF,
];

const locals = (n: number): number[] => Array.from({ length: n }, (_, i) => FIRST + i);

/** The sum of the locals' first lanes: whatever was computed must be used. */
const total = (vectors: readonly number[]): number[] => [
  ...wasm.get(vectors[0]!),
  ...vectors.slice(1).flatMap((v) => [...wasm.get(v), ...wasm.ADD]),
  ...wasm.LANE0,
];

/** `rounds` rounds of `acc = acc * 0.5 + 1` on every chain. */
function multiplyAdd(): Uint8Array {
  const chains = locals(CHAINS);
  const [scale, step] = [FIRST + CHAINS, FIRST + CHAINS + 1];
  const fill = (local: number, value: number): number[] => [
    ...wasm.f32(value),
    ...wasm.SPLAT,
    ...wasm.set(local),
  ];
  const round = chains.flatMap((acc) => [
    ...[wasm.get(acc), wasm.get(scale), wasm.MUL, wasm.get(step), wasm.ADD, wasm.set(acc)].flat(),
  ]);
  const body = [
    ...[fill(scale, 0.5), fill(step, 1), ...chains.map((acc) => fill(acc, acc))].flat(),
    ...wasm.loop([...Array.from({ length: UNROLL }, () => round).flat(), ...advance(1)]),
    ...total(chains),
  ];
  return wasm.program(CHAINS + 2, body, 0);
}

/** Where operands and result lie: a few lines apart from a multiple of the page, as caches like it. */
const gap = (bytes: number, i: number): number => i * (bytes + 17 * 64);

/** A loop over `bytes` bytes of each operand, eight vectors a turn. */
function overMemory(loop: Exclude<Loop, "multiplyAdd">, bytes: number): Uint8Array {
  const lanes = Array.from({ length: 8 }, (_, i) => 16 * i);
  const at = (array: number, lane: number): number[] => [
    ...wasm.get(PLACE),
    ...wasm.load(gap(bytes, array) + lane),
  ];
  const zero = FIRST + 8;
  const work: Record<typeof loop, (lane: number, i: number) => number[]> = {
    sum: (lane, i) => [...wasm.get(FIRST + i), ...at(0, lane), ...wasm.ADD, ...wasm.set(FIRST + i)],
    relu: (lane) => [
      ...[wasm.get(PLACE), at(0, lane), wasm.get(zero), wasm.MAX].flat(),
      ...wasm.store(gap(bytes, 2) + lane),
    ],
    add: (lane) => [
      ...[wasm.get(PLACE), at(0, lane), at(1, lane), wasm.ADD].flat(),
      ...wasm.store(gap(bytes, 2) + lane),
    ],
  };
  const turn = wasm.loop([...lanes.flatMap(work[loop]), ...advance(128)]);
  return wasm.program(9, [...turn, ...total(locals(8))], Math.ceil(gap(bytes, 3) / 65536));
}

function elementsOf(task: Task): number {
  if (task.kind === "sum") return task.rows * task.cols;
  return task.kind === "unary" || task.kind === "binary" ? task.n : 0;
}

const contestant: Contestant = {
  start: async () => {},
  prepare(task) {
    const loop = loopOf(task);
    const bytes = 4 * elementsOf(task);
    const binary = loop === "multiplyAdd" ? multiplyAdd() : overMemory(loop, bytes);
    const module = new WebAssembly.Module(binary);
    const { exports } = new WebAssembly.Instance(module, {});
    // Pages that were never written read at a false speed.
    new Float32Array((exports["m"] as WebAssembly.Memory).buffer).fill(1);
    const run = exports["f"] as (argument: number) => number;
    const argument = loop === "multiplyAdd" ? ROUNDS : bytes;
    return { run: () => void run(argument), check: () => [] };
  },
};

export default contestant;
