// Compiles the inlined WASM bytes, synchronously, and hands out its kernels by name: the first of a list
// of names is the last of the module's table, the second the one before it. The parameter block and the
// scratch of this thread lie at the start of the heap; the allocator has the rest. With threads, the same
// bytes are compiled once more, for a memory that is shared.
import { SimdgradError } from "../core/errors.js";
import { kernelBytes, type Packed } from "./bytes.js";
import { adoptMemory, initHeap, memory } from "../memory/heap.js";
import type { contract, KernelArgs, KernelName } from "./contract.js";
import { names, packed } from "./wasm.generated.js";

/** A WASM kernel: does work units [start, end) of what the parameter block at `args` says. */
type Entry = (args: number, start: number, end: number) => void;

/** A kernel and its parameters' types. */
export interface Kernel<Args extends readonly number[]> {
  readonly name: string;
  /** Its place in the table, in all builds. */
  readonly index: number;
  /**
   * Of an elementwise kernel's elements, operand by operand, the result's last, the bytes: "444". Of a kernel's
   * whose units are rows a letter for each operand (scripts/table.mjs); "" for others.
   */
  readonly sizes: string;
  /**
   * Number of its scalars, for elementwise kernels. For those by rows 1: where `inner` is 1; 2: rows are 1024
   * elements, whose number in all the kernel is told. 3: it may take relu of its result (chain.ts).
   */
  readonly scalars: number;
  entry: Entry;
  /** Never set: carries the parameter types for the compiler. */
  readonly args?: Args;
}

export type Kernels = { readonly [K in KernelName]: Kernel<KernelArgs<(typeof contract)[K]>> };

/** What a kernel may use while it runs, in each thread. */
export const SCRATCH_BYTES = 1 << 20;
const ARGS_BYTES = 4096;

/** The build in use. */
let build = packed;

function instantiate(): Abi {
  try {
    return abiOf(compile(false), memory);
  } catch (cause) {
    throw new SimdgradError(
      "load",
      `this engine or page refuses WebAssembly SIMD: ${String(cause)}`,
    );
  }
}

/** What runs a list of recorded calls: see assembly/abi.ts. */
type Replay = (list: number, start: number, end: number) => void;

/** What the module exports. */
interface Abi {
  readonly heapBase: () => number;
  readonly setScratch: (ptr: number) => void;
  readonly replay: Replay;
  readonly table: WebAssembly.Table;
}

function abiOf(module: WebAssembly.Module, memory: WebAssembly.Memory): Abi {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as object as Abi;
}

function load(): { kernels: Kernels; abi: Abi; argsAddress: number } {
  const abi = instantiate();
  const { table } = abi;
  const base = abi.heapBase();
  abi.setScratch(base);
  const argsAddress = base + SCRATCH_BYTES;
  initHeap(argsAddress + ARGS_BYTES);
  const kernels: Record<string, Kernel<number[]>> = {};
  let index = table.length;
  // "F32,, conv2d/F32,444, add/F32,44,2 clamp"
  for (const group of names.split("/")) {
    const [head, ...bases] = group.split(" ");
    const [type, sizes, scalars] = head!.split(",");
    for (const base of bases) {
      const name = base + type!;
      const entry = table.get(--index) as Entry;
      kernels[name] = { name, index, sizes: sizes!, scalars: +scalars!, entry };
    }
  }
  return { kernels: kernels as Kernels, abi, argsAddress };
}

const loaded = /* @__PURE__ */ load();
let { abi } = loaded;

/** Every kernel of the contract, by name. */
export const kernels = loaded.kernels;

/** Where parameter blocks are written: 4 KiB. */
export const argsAddress = loaded.argsAddress;

/** Runs calls [start, end) of the list of recorded ones at an address. */
export function replay(list: number, start: number, end: number): void {
  abi.replay(list, start, end);
}

/** @internal Compiles the build in use, or `next`, for a memory that threads share or for one that they don't. */
export function compile(shared: boolean, next = build): WebAssembly.Module {
  const bytes = kernelBytes(next);
  if (shared) share(bytes);
  return new WebAssembly.Module(bytes);
}

/** Marks the imported memory as shared. */
function share(bytes: Uint8Array): void {
  // Its name, its kind, and limits with a maximum (1); 3 is that, and shared.
  const name = [6, ...new TextEncoder().encode("memory"), 2, 1];
  const at = bytes.findIndex((_, i) => name.every((byte, k) => bytes[i + k] === byte));
  bytes[at + name.length - 1] = 3;
}

/** Whether this engine takes a build. */
export function isSupported(build: Packed): boolean {
  return WebAssembly.validate(kernelBytes(build));
}

/** From now on `next`, which was compiled and moved to, is the build in use. */
export function useBuild(next: Packed): void {
  build = next;
}

/**
 * @internal Goes on with `module`, in another memory or in the present one: addresses and places in the
 * table stay what they are, so that recordings do.
 */
export function moveTo(module: WebAssembly.Module, next: WebAssembly.Memory): void {
  const moved = abiOf(module, next);
  if (next !== memory) adoptMemory(next);
  abi = moved;
  abi.setScratch(abi.heapBase());
  for (const kernel of Object.values(kernels)) kernel.entry = abi.table.get(kernel.index) as Entry;
}
