// Unpacks and compiles the inlined WASM bytes, synchronously, and hands out its kernels by name. The
// parameter block and the scratch of this thread lie at the start of the heap; the allocator has the
// rest.
import { SimdgradError } from "../core/errors.js";
import { initHeap, memory } from "../memory/heap.js";
import type { contract, KernelArgs, KernelName } from "./contract.js";
import { packed } from "./wasm.generated.js";

/** A WASM kernel: does work units [start, end) of what the parameter block at `args` says. */
type Entry = (args: number, start: number, end: number) => void;

/** A kernel and its parameters' types. */
export interface Kernel<Args extends readonly number[]> {
  readonly name: string;
  readonly entry: Entry;
  /** Never set: carries the parameter types for the compiler. */
  readonly args?: Args;
}

export type Kernels = { readonly [K in KernelName]: Kernel<KernelArgs<(typeof contract)[K]>> };

const SCRATCH_BYTES = 1 << 20;
const ARGS_BYTES = 4096;

/** What the unpacker takes besides input and output: 16 kB for its tables. */
const TABLE_BYTES = 1 << 14;

function instantiate(bytes: Uint8Array, memory: WebAssembly.Memory): Record<string, unknown> {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
}

/** The kernels' bytes; see assembly/unpack/lzma.ts. */
function unpackKernels(): Uint8Array {
  const begin = TABLE_BYTES + packed.kernels.length;
  const end = begin + packed.bytes;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
  const unpack = instantiate(fromBase64(packed.unpacker), memory)["unpack"] as Unpack;
  // Not fromBase64: a loop over that many characters takes 4 ms while it is still interpreted.
  new TextEncoder().encodeInto(packed.kernels, new Uint8Array(memory.buffer, TABLE_BYTES));
  unpack(TABLE_BYTES, begin, end, 0);
  return new Uint8Array(memory.buffer, begin, packed.bytes);
}

type Unpack = (text: number, out: number, end: number, tables: number) => void;

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function exportsOfKernels(): Record<string, unknown> {
  if (typeof WebAssembly === "undefined") {
    throw new SimdgradError("load", "this JavaScript engine has no WebAssembly");
  }
  try {
    return instantiate(unpackKernels(), memory);
  } catch (cause) {
    throw new SimdgradError(
      "load",
      `this engine refuses WebAssembly SIMD modules: ${String(cause)}`,
    );
  }
}

/** What runs a list of recorded calls: see assembly/abi.ts. */
type Replay = (list: number, start: number, end: number) => void;

interface Loaded {
  readonly kernels: Kernels;
  readonly argsAddress: number;
  readonly replay: Replay;
  readonly table: WebAssembly.Table;
}

function load(): Loaded {
  const { heapBase, setScratch, replay, table, ...entries } = exportsOfKernels();
  const base = (heapBase as () => number)();
  (setScratch as (ptr: number) => void)(base);
  const argsAddress = base + SCRATCH_BYTES;
  initHeap(argsAddress + ARGS_BYTES);
  const kernels: Record<string, Kernel<number[]>> = {};
  for (const name in entries) kernels[name] = { name, entry: entries[name] as Entry };
  return {
    kernels: kernels as Kernels,
    argsAddress,
    replay: replay as Replay,
    table: table as WebAssembly.Table,
  };
}

const loaded = /* @__PURE__ */ load();

/** Every kernel of the contract, by name. */
export const kernels = loaded.kernels;

/** Where parameter blocks are written: 4 KiB. */
export const argsAddress = loaded.argsAddress;

/** Runs calls [start, end) of the list of recorded ones at an address. */
export const replay = loaded.replay;

const inTable = new Map<object, number>();

/** A kernel's place in the table that recorded calls go through; it is entered when first asked for. */
export function tableIndex(kernel: Kernel<readonly number[]>): number {
  let index = inTable.get(kernel.entry);
  if (index === undefined) inTable.set(kernel.entry, (index = loaded.table.grow(1, kernel.entry)));
  return index;
}
