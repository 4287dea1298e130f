// The module that unpacks the kernels, against the encoder that packs them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packedText } from "../../scripts/pack.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const module = new WebAssembly.Module(readFileSync(join(root, "build/unpack.wasm")));
const INPUT = 1 << 18; // behind the unpacker's tables
const GUARD = 0xa5;

function unpack(bytes: Uint8Array): Uint8Array {
  const packed = Buffer.from(packedText(bytes));
  const begin = INPUT + packed.length + 2;
  const end = begin + bytes.length;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((end + 16) / 65536) });
  const heap = new Uint8Array(memory.buffer);
  const { unpack } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  heap.set(packed, INPUT);
  heap.fill(GUARD, end, end + 16);
  (unpack as (...args: number[]) => void)(INPUT, begin, end, 0);
  expect(heap.subarray(end, end + 16).every((byte) => byte === GUARD)).toBe(true);
  return heap.slice(begin, end);
}

describe("unpack", () => {
  it("gives back the kernels of both builds", () => {
    for (const build of ["release", "debug"]) {
      const bytes = readFileSync(join(root, `build/kernels.${build}.wasm`));
      expect(Buffer.compare(unpack(bytes), bytes)).toBe(0);
    }
  });

  it("gives back bytes without a pattern, and long repetitions", () => {
    const noise = Uint8Array.from(
      { length: 70_000 },
      (_, i) => (Math.imul(i * i + 7, i) >>> 9) & 255,
    );
    const twice = new Uint8Array([...noise, ...noise, ...new Uint8Array(3000)]);
    expect(Buffer.compare(unpack(twice), twice)).toBe(0);
  });

  it("gives back any bytes", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.nat(255), fc.nat(600)).map(([byte, n]) => new Uint8Array(n).fill(byte)),
    );
    const pieces = fc.array(fc.tuple(piece, fc.integer({ min: 1, max: 5 })), { maxLength: 12 });
    const check = fc.property(pieces, (list) => {
      const bytes = Buffer.concat(list.flatMap(([part, n]) => Array<Uint8Array>(n).fill(part)));
      expect(Buffer.compare(unpack(bytes), bytes)).toBe(0);
    });
    fc.assert(check, { seed: 7, numRuns: 60 });
  });
});
