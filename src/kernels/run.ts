// The one way to call a kernel from TypeScript.
import { endCall } from "../memory/eviction.js";
import { heapF32, heapI32 } from "../memory/heap.js";
import type { F32Bits } from "./contract.js";
import { argsAddress, type Kernel } from "./loader.js";

const ARGS = argsAddress >> 2;

const scalar = new Float32Array(1);
const scalarBits = new Int32Array(scalar.buffer);

/** A float32 parameter: its bit pattern. */
export function f32(value: number): F32Bits {
  scalar[0] = value;
  return scalarBits[0]! as F32Bits;
}

/**
 * Where an op may put a scalar operand that a kernel reads through a pointer: behind the largest
 * parameter block. Valid until the next kernel call.
 */
export function scalarOperand(value: number, isFloat: boolean, slot: 0 | 1 = 0): number {
  const at = ARGS + 1000 + 16 * slot;
  if (isFloat) heapF32[at] = value;
  else heapI32[at] = value;
  return at << 2; // low in the heap: no sign to lose
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
  for (let i = 0; i < args.length; i++) heapI32[ARGS + i] = args[i]!;
  if (units > 0) kernel.entry(argsAddress, 0, units);
  endCall();
}
