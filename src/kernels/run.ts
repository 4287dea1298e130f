// The one way to call a kernel from TypeScript.
import { IndexError, type ValueError } from "../core/errors.js";
import type { Buffer } from "../memory/buffer.js";
import { endCall } from "../memory/eviction.js";
import { heapF32, heapI32 } from "../memory/heap.js";
import type { F32Bits } from "./contract.js";
import { argsAddress, type Kernel } from "./loader.js";

const ARGS = argsAddress >> 2;

/** The error for what a kernel finds. */
export type Fault = typeof IndexError | typeof ValueError;

/** What takes the place of kernel calls as they come: a recording (see recording.ts). */
export interface Recorder {
  /**
   * There where calls are not made, but renew parameters of recorded ones. Renews a call of `units` units and
   * `count` entries: behind the first `skip` slots of each, those of `slots`.
   */
  readonly renew?: (
    kernel: Kernel<readonly number[]>,
    units: number,
    skip: number,
    slots: readonly (readonly number[])[],
    count: number,
  ) => void;
  call(kernel: Kernel<readonly number[]>, units: number, args: readonly number[]): void;
  /** The address of a word that holds `bits` and belongs to the next call alone. */
  cell(bits: number): number;
  /** The last call has left at `address` what a program is about to look at: -1, or where a `Fault` is. */
  check(address: number, Fault: Fault): void;
  /** Memory for what a program writes once and calls only read. */
  constant(bytes: number): Buffer;
  /** Four parameters that are other ones each time: where a generator of random numbers stands. */
  stream(draw: () => Stream): Stream;
}

/** Where random numbers begin, as kernels take it. */
export type Stream = readonly [seedLo: number, seedHi: number, offsetLo: number, offsetHi: number];

let recorder: Recorder | null = null;

/** Sends kernel calls to `next` (null: to the kernels) while `fn` runs. */
export function withRecorder<T>(next: Recorder | null, fn: () => T): T {
  const before = recorder;
  recorder = next;
  try {
    return fn();
  } finally {
    recorder = before;
  }
}

/** Whether kernel calls are being recorded: then nothing may write to the heap but kernels. */
export function isRecording(): boolean {
  return recorder !== null;
}

const scalar = new Float32Array(1);
const scalarBits = new Int32Array(scalar.buffer);

/** What takes parameters of recorded calls, while they are renewed: see `Recorder`. */
export function renewal(): Recorder["renew"] {
  return recorder?.renew;
}

/** A float32 parameter: its bit pattern. */
export function f32(value: number): F32Bits {
  scalar[0] = value;
  return scalarBits[0]! as F32Bits;
}

const double = new Float64Array(1);
const doubleBits = new Int32Array(double.buffer);

/** A float64 parameter: the bit patterns of its lower and its upper half. */
export function f64(value: number): [low: number, high: number] {
  double[0] = value;
  return [doubleBits[0]!, doubleBits[1]!];
}

/**
 * Where an op may put a scalar operand that a kernel reads through a pointer: behind the largest
 * parameter block. Valid until the next kernel call.
 */
export function scalarOperand(value: number, isFloat: boolean, slot: 0 | 1 = 0): number {
  if (recorder !== null) return recorder.cell(isFloat ? f32(value) : value);
  const at = ARGS + 1000 + 16 * slot;
  if (isFloat) heapF32[at] = value;
  else heapI32[at] = value;
  return at << 2; // low in the heap: no sign to lose
}

/** Memory that keeps what is written to it as long as recorded calls may read it; null: nothing is recorded. */
export function constantMemory(bytes: number): Buffer | null {
  return recorder && recorder.constant(bytes);
}

/** The status slot of the next kernel call, set to "fine". */
export function statusSlot(): number {
  return scalarOperand(-1, false, 1);
}

/** What the last kernel call left in the status slot: -1, or where the first bad index (or other `Fault`) is. */
export function readStatus(slot: number, Fault: Fault = IndexError): number {
  if (recorder !== null) recorder.check(slot, Fault);
  return heapI32[slot >>> 2]!;
}

/** What `draw` takes from a generator, as four parameters of kernel calls: not to compute with. */
export function streamOf(draw: () => Stream): Stream {
  return recorder === null ? draw() : recorder.stream(draw);
}

/** Runs all units of a kernel, with the parameters at `args`, on more than one thread. */
export type Parallel = (kernel: Kernel<readonly number[]>, args: number, units: number) => void;

let parallel: Parallel | null = null;

/** Sends calls of more than one unit to `next`; null: this thread does them alone. */
export function runInParallel(next: Parallel | null): void {
  parallel = next;
}

/** Whether more than one thread takes part. */
export function isParallel(): boolean {
  return parallel !== null;
}

/** Runs all units of a kernel, with the parameters at `args`. */
export function execute(kernel: Kernel<readonly number[]>, args: number, units: number): void {
  if (parallel !== null && units > 1) parallel(kernel, args, units);
  else kernel.entry(args, 0, units);
}

/** Runs `call`, a call of the kernel of that name (again, in a replay), and looks on. */
export type Observer = (
  kernel: string,
  args: ArrayLike<number>,
  units: number,
  call: () => void,
  isReplay: boolean,
) => void;

let observer: Observer | null = null;

/** Lets `next` look on at each call that a kernel gets; null ends it. Returns who did so before. */
export function observeCalls(next: Observer | null): Observer | null {
  const before = observer;
  observer = next;
  return before;
}

/** Whoever looks on. */
export function currentObserver(): Observer | null {
  return observer;
}

/**
 * Runs `units` work units of a kernel. Addresses among the arguments must have been read after
 * the last allocation: write `x.address()` right here in the call, never keep it in a variable.
 */
export function run<Args extends readonly number[]>(
  kernel: Kernel<Args>,
  units: number,
  ...args: Args
): void {
  runList(kernel, units, args);
}

/** The same for arguments whose number is known at run time only. */
export function runList(
  kernel: Kernel<readonly number[]>,
  units: number,
  args: readonly number[],
): void {
  if (recorder !== null) recorder.call(kernel, units, args);
  else runNow(kernel, units, args);
}

/** The same, whether or not calls are recorded. */
export function runNow(
  kernel: Kernel<readonly number[]>,
  units: number,
  args: readonly number[],
): void {
  for (let i = 0; i < args.length; i++) heapI32[ARGS + i] = args[i]!;
  start(kernel, units, args.length);
}

/**
 * `run` of a kernel of at most eight slots, written one by one: a small op has no time for a list of
 * arguments. Slots that it doesn't have are 0 and nobody's.
 */
// prettier-ignore
export function runFew(
  kernel: Kernel<readonly number[]>, units: number,
  a: number, b: number, c: number, d: number, e: number, f: number, g = 0, h = 0,
): void {
  if (recorder !== null) return recorder.call(kernel, units, [a, b, c, d, e, f, g, h]);
  const args = heapI32;
  args[ARGS] = a;
  args[ARGS + 1] = b;
  args[ARGS + 2] = c;
  args[ARGS + 3] = d;
  args[ARGS + 4] = e;
  args[ARGS + 5] = f;
  args[ARGS + 6] = g;
  args[ARGS + 7] = h;
  start(kernel, units, 8);
}

/** Runs a kernel whose `count` parameters are written. */
function start(kernel: Kernel<readonly number[]>, units: number, count: number): void {
  if (observer !== null) observed(observer, kernel, units, count);
  else if (units > 0) execute(kernel, argsAddress, units);
  endCall();
}

function observed(
  look: Observer,
  kernel: Kernel<readonly number[]>,
  units: number,
  count: number,
): void {
  if (units === 0) return;
  const args = heapI32.slice(ARGS, ARGS + count);
  look(kernel.name, args, units, () => execute(kernel, argsAddress, units), false);
}
