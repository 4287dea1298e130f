// Unpacks the bytes of a build of the kernels. dist/node.js has another module in the place of this one,
// for bytes as they are: nobody downloads that file (see scripts/build.mjs).
import type { packed } from "./wasm.generated.js";

/** A build of the kernels as the library carries it: see scripts/pack.mjs. */
export type Packed = typeof packed;

/** What the unpacker takes besides input and output: 256 kB for its tables. */
const TABLE_BYTES = 1 << 18;

type Unpack = (text: number, out: number, end: number, tables: number) => void;

/** The bytes, in memory of their own; see assembly/unpack/lzma.ts. */
export function kernelBytes(packed: Packed): Uint8Array {
  const begin = TABLE_BYTES + packed.kernels.length + 2;
  const end = begin + packed.bytes;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
  // See `plainText` in scripts/pack.mjs.
  const byte = (x: string): number => 91 * x.length - 126 + x.charCodeAt(x.length - 1);
  const unpacker = new WebAssembly.Module(Uint8Array.from(packed.unpacker.match(/~*./g)!, byte));
  const { exports } = new WebAssembly.Instance(unpacker, { env: { memory } });
  // Unpacked as the text that it is: a loop over that many characters takes 4 ms while it is still interpreted.
  new TextEncoder().encodeInto(packed.kernels, new Uint8Array(memory.buffer, TABLE_BYTES));
  (exports["unpack"] as Unpack)(TABLE_BYTES, begin, end, 0);
  return new Uint8Array(memory.buffer, begin, packed.bytes);
}
