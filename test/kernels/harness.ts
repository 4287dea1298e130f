// Runs single kernels on memory of its own, without the engine: guard words around every
// operand, both builds, and all units in one order and in another. What belongs to tensors is tested
// in test/ops.
import { readFileSync } from "node:fs";
import { contract, type KernelName } from "../../src/kernels/contract.js";

export type Build = "release" | "debug" | "relaxed";
/** The project "relaxed" runs its tests on that build, all others on both builds of the default kernels. */
export const builds: readonly Build[] =
  process.env["KERNELS"] === "relaxed" ? ["relaxed"] : ["release", "debug"];

type Data = Float32Array | Int32Array | Uint8Array;
type Kernel = (args: number, start: number, end: number) => void;
type Table = { grow(by: number, with_: Kernel): number };

const SCRATCH_BYTES = 1 << 20;
const GUARD_BYTES = 64;
const GUARD = 0xa5;

/** One operand in WASM memory; `read()` returns its present content. */
export interface Operand<T extends Data = Data> {
  readonly ptr: number;
  read(): T;
}

export class Bench {
  private readonly memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536 });
  private readonly exports: Record<string, unknown>;
  private readonly scratch: number;
  /** Address of the parameter block. */
  readonly args: number;
  private next: number;
  private readonly guards: [number, number][] = [];
  private readonly operands: Operand[] = [];

  /** @param scratchAlign the scratch lies at a multiple of this */
  constructor(
    private readonly build: Build,
    scratchAlign = 64,
  ) {
    const bytes = readFileSync(new URL(`../../build/kernels.${build}.wasm`, import.meta.url));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.memory },
    });
    this.exports = instance.exports;
    const heapBase = (this.exports.heapBase as () => number)();
    this.scratch = Math.ceil(heapBase / scratchAlign) * scratchAlign;
    (this.exports.setScratch as (ptr: number) => void)(this.scratch);
    this.args = this.scratch + SCRATCH_BYTES;
    this.next = this.args + 4096;
  }

  /** Copies `data` into the heap at `shift` bytes past a 64-byte boundary, guards around it. */
  put<T extends Data>(data: T, shift = 0): Operand<T> {
    const before = ((this.next + 63) & ~63) + shift;
    const ptr = before + GUARD_BYTES;
    const after = ptr + data.byteLength;
    this.next = after + GUARD_BYTES;
    while (this.next > this.memory.buffer.byteLength) this.memory.grow(64);
    const bytes = new Uint8Array(this.memory.buffer);
    bytes.fill(GUARD, before, ptr).fill(GUARD, after, after + GUARD_BYTES);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), ptr);
    this.guards.push([before, ptr], [after, after + GUARD_BYTES]);
    const Type = data.constructor as new (bytes: ArrayBuffer) => T;
    const operand = { ptr, read: () => new Type(this.memory.buffer.slice(ptr, after)) };
    this.operands.push(operand);
    return operand;
  }

  /**
   * Runs a kernel over work units [0, units), or over the given ranges one after the other. A number of
   * units runs a second time (by the release build, which has the time), last units first: as threads
   * share them out, no unit may count on what another one does, nor write where another one does.
   */
  run(name: KernelName, units: number | [number, number][], ...params: (number | Operand)[]): void {
    const view = new DataView(this.memory.buffer);
    const kinds: readonly string[] = contract[name];
    // "more: i32..." stands for the same slots again.
    const repeats = kinds.at(-1)!.startsWith("more");
    params.forEach((param, i) => {
      const at = this.args + 4 * i;
      const kind = kinds[repeats ? i % (kinds.length - 1) : Math.min(i, kinds.length - 1)]!;
      if (typeof param === "object") view.setInt32(at, param.ptr, true);
      else if (kind.endsWith(": f32")) view.setFloat32(at, param, true);
      else view.setInt32(at, param, true);
    });
    if (typeof units === "object") this.runRanges(name, units);
    else if (units < 2 || this.build === "debug") this.runRanges(name, [[0, units]]);
    else this.runBothWays(name, units);
    this.checkGuards(name);
  }

  /** A kernel's place in the table from now on, by which kernels call others. */
  place(name: KernelName): number {
    return (this.exports["table"] as Table).grow(1, this.exports[name] as Kernel);
  }

  private runRanges(name: KernelName, ranges: readonly [number, number][]): void {
    const kernel = this.exports[name] as Kernel;
    for (const [start, end] of ranges) {
      // A kernel finds in the scratch what another one left there.
      new Uint8Array(this.memory.buffer).fill(GUARD, this.scratch, this.args);
      kernel(this.args, start, end);
    }
  }

  private runBothWays(name: KernelName, units: number): void {
    const before = this.operands.map((operand) => operand.read());
    const share = Math.ceil(units / 7);
    const backwards = Array.from({ length: Math.ceil(units / share) }, (_, i): [number, number] => [
      i * share,
      Math.min(units, (i + 1) * share),
    ]).reverse();
    this.runRanges(name, backwards);
    const found = this.operands.map((operand) => operand.read());
    const bytes = new Uint8Array(this.memory.buffer);
    before.forEach(({ buffer }, i) => bytes.set(new Uint8Array(buffer), this.operands[i]!.ptr));
    this.runRanges(name, [[0, units]]);
    this.operands.forEach((operand, i) => {
      // Bit by bit, but for those of NaN: which of two NaNs a sum passes on is up to the engine.
      if (!operand.read().every((v, k) => Object.is(v, found[i]![k]))) {
        throw new Error(`${name}: operand ${i} depends on the order of the work units`);
      }
    });
  }

  private checkGuards(name: string): void {
    const bytes = new Uint8Array(this.memory.buffer);
    for (const [from, to] of this.guards) {
      for (let i = from; i < to; i++) {
        if (bytes[i] !== GUARD) throw new Error(`${name} wrote outside of its operands, at ${i}`);
      }
    }
  }
}

/**
 * Has `run` put a kernel's result into `out`, with relu and then without: it must be relu's of it, -0 and NaN as they
 * are there.
 */
export function expectRelu(run: (relu: number) => void, out: Operand): void {
  run(1);
  const got = out.read();
  run(0);
  const plain = out.read();
  const wrong = plain.findIndex((x, i) => !Object.is(got[i], x < 0 ? 0 : x));
  if (wrong >= 0) throw new Error(`element ${wrong}: relu of ${plain[wrong]} is not ${got[wrong]}`);
}
