// The module that inlines the kernels: their bytes in LZMA, but for how probabilities are learned, and
// the small module that unpacks them.
import { readFileSync } from "node:fs";
import { compress } from "lzma1";
// Which the package does not offer, but without it its settings are fixed.
import { Encoder } from "../node_modules/lzma1/lib/encoder.js";
import { tabled } from "./table.mjs";

/** Bytes of the header of an .lzma file: settings and sizes, which src/kernels/loader.ts knows. */
const HEADER = 13;

const { configure } = Encoder.prototype;
/** pb = 0: WebAssembly's instructions are aligned to nothing, and bits that need not know do better. */
Encoder.prototype.configure = function (mode) {
  configure.call(this, mode);
  this._posStateBits = this._posStateMask = 0;
};

/**
 * By the encoder's own list and the bit's number there: two probabilities of 0, of 65536, and its uses so far.
 * Behind a list's own numbers come those that the byte before goes into.
 */
let learned = new Map();

function pairOf(list, index) {
  let pairs = learned.get(list);
  if (pairs === undefined) learned.set(list, (pairs = []));
  return (pairs[index] ??= [32768, 32768, 0]);
}

/**
 * A bit's probability is the mean of two, one of which learns fast and one ever more slowly (LZMA has a single
 * one in between), and of what kind a step is the mean of four, two of which depend on the byte before, too: 2%
 * less. The encoder goes on to reckon with its own, of 2048, which is told here.
 */
Encoder.prototype.encodeBit = function (probs, index, bit) {
  const pairs = [pairOf(probs, index)];
  const { _isMatch, _isRep, _isRepG0, _isRepG1, _isRepG2, _isRep0Long } = this;
  if ([_isMatch, _isRep, _isRepG0, _isRepG1, _isRepG2, _isRep0Long].includes(probs)) {
    pairs.push(pairOf(probs, 256 * (1 + index) + this._previousByte));
  }
  const sum = pairs.reduce((all, [fast, slow]) => all + fast + slow, 0);
  const coder = this._rangeEncoder;
  const bound = Math.imul(coder.rrange >>> 12, sum >>> (4 + pairs.length));
  if (bit) {
    coder.low += BigInt(bound >>> 0);
    coder.rrange -= bound;
  } else {
    coder.rrange = bound;
  }
  for (const pair of pairs) {
    pair[2]++;
    for (const [i, shift] of [3, Math.min(32 - Math.clz32(pair[2]), 7)].entries()) {
      pair[i] += bit ? -(pair[i] >> shift) : (65536 - pair[i]) >> shift;
    }
  }
  // Within what LZMA's own reach: the encoder's prices are a table.
  const [[, slow]] = pairs;
  probs[index] = Math.min(Math.max(slow >> 5, 31), 2017);
  if (coder.rrange & -0x1000000) return;
  coder.rrange <<= 8;
  this.shiftLow();
};

/** The raw stream that assembly/unpack/lzma.ts reads. */
export function pack(bytes) {
  learned = new Map(); // the encoder uses its lists again
  const file = compress(bytes, 9);
  if (file[0] !== 3) throw new Error(`lzma1's settings are ${file[0]}: not lc = 3, lp = 0, pb = 0`);
  return file.subarray(HEADER);
}

/**
 * The source of src/kernels/wasm.generated.ts for a build of the kernels. In base64, since packed bytes
 * in it gzip to hardly more than their number; the unpacker, not being packed, is smaller in hexadecimal.
 * @param file path of the .wasm file
 */
export function packedModule(file) {
  const { bytes, names } = tabled(file);
  const text = (bytes, encoding) => JSON.stringify(Buffer.from(bytes).toString(encoding));
  return [
    "// Made by scripts/build.mjs from assembly/.",
    // One object: strings of their own would be inlined where they are used, amid JavaScript.
    "export const packed = {",
    `  bytes: ${bytes.length},`,
    `  unpacker: ${text(readFileSync("build/unpack.wasm"), "hex")},`,
    `  kernels: ${text(pack(bytes), "base64")},`,
    "};",
    `export const names = "${names}";\n`,
  ].join("\n");
}
