// Compiles the inlined WASM bytes, synchronously, and hands out its kernels by name. The parameter
// block and the scratch of this thread lie at the start of the heap; the allocator has the rest.
import { SimdgradError } from "../core/errors.js";
import { initHeap, memory } from "../memory/heap.js";
import { contract, type KernelArgs, type KernelName } from "./contract.js";
import { wasmHex } from "./wasm.generated.js";

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

function decodeHex(text: string): Uint8Array {
  // A plain loop: Uint8Array.from with a callback is fifty times slower.
  const bytes = new Uint8Array(text.length >> 1);
  const digit = (i: number): number => {
    const code = text.charCodeAt(i);
    return code < 58 ? code - 48 : code - 87;
  };
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(2 * i) << 4) | digit(2 * i + 1);
  return bytes;
}

function instantiate(): Record<string, unknown> {
  if (typeof WebAssembly === "undefined") {
    throw new SimdgradError("load", "this JavaScript engine has no WebAssembly");
  }
  try {
    const module = new WebAssembly.Module(decodeHex(wasmHex));
    return new WebAssembly.Instance(module, { env: { memory } }).exports;
  } catch (cause) {
    throw new SimdgradError(
      "load",
      `this engine refuses WebAssembly SIMD modules: ${String(cause)}`,
    );
  }
}

function load(): { kernels: Kernels; argsAddress: number } {
  const exports = instantiate();
  const base = (exports["heapBase"] as () => number)();
  (exports["setScratch"] as (ptr: number) => void)(base);
  const argsAddress = base + SCRATCH_BYTES;
  initHeap(argsAddress + ARGS_BYTES);
  const kernels: Record<string, Kernel<number[]>> = {};
  for (const name of Object.keys(contract)) {
    kernels[name] = { name, entry: exports[name] as Entry };
  }
  return { kernels: kernels as Kernels, argsAddress };
}

const loaded = /* @__PURE__ */ load();

/** Every kernel of the contract, by name. */
export const kernels = loaded.kernels;

/** Where parameter blocks are written: 4 KiB. */
export const argsAddress = loaded.argsAddress;
