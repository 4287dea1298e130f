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
  this._numLiteralContextBits = 4;
};

/** What is packed. */
let source = [];

/** What the bytes before a position say of what comes there: see assembly/unpack/lzma.ts. */
function contextAt(position) {
  const [before = 0, last = 0] = [source[position - 2], source[position - 1]];
  return last < 32 ? 8 + (before >> 5) : last >> 5;
}

/** LZMA's would be the high bits of the byte before. */
Encoder.prototype.getSubCoder = function (position) {
  return this._literalEncoder.getSubCoder(0, contextAt(position) << 4);
};

/** By the encoder's own list and the bit's number there: two probabilities of 0, of 65536, and its uses so far. */
let learned = new Map();

function pairOf(list, index) {
  let pairs = learned.get(list);
  if (pairs === undefined) learned.set(list, (pairs = []));
  return (pairs[index] ??= [32768, 32768, 0]);
}

/** A bit that is 0 in the part of the range below `bound`. */
function encode(encoder, bound, bit) {
  const coder = encoder._rangeEncoder;
  if (bit) {
    coder.low += BigInt(bound >>> 0);
    coder.rrange -= bound;
  } else {
    coder.rrange = bound;
  }
  if (coder.rrange & -0x1000000) return;
  coder.rrange <<= 8;
  encoder.shiftLow();
}

/**
 * A bit's probability is the mean of two, one of which learns fast and one ever more slowly (LZMA has a single
 * one in between), and of what kind a step is the mean of four, which depend on the bytes before, too. The encoder
 * goes on to reckon with its own, of 2048, which is told here.
 */
Encoder.prototype.encodeBit = function (probs, index, bit) {
  const { _isMatch, _isRep, _isRepG0, _isRepG1, _isRepG2, _isRep0Long, nowPos64 } = this;
  const isStep = [_isMatch, _isRep, _isRepG0, _isRepG1, _isRepG2, _isRep0Long].includes(probs);
  const own = pairOf(probs, index);
  const behind = 1000 * (1 + index);
  const pairs = isStep
    ? [
        pairOf(probs, behind + contextAt(Number(nowPos64))),
        pairOf(probs, behind + 16 + this._previousByte),
      ]
    : [own];
  const sum = pairs.reduce((all, [fast, slow]) => all + fast + slow, 0);
  const { rrange } = this._rangeEncoder;
  encode(this, Math.imul(rrange >>> 12, sum >>> (4 + pairs.length)), bit);
  for (const pair of new Set([own, ...pairs])) {
    pair[2]++;
    for (const [i, shift] of [3, Math.min(32 - Math.clz32(pair[2]), 7)].entries()) {
      pair[i] += bit ? -(pair[i] >> shift) : (65536 - pair[i]) >> shift;
    }
  }
  // Within what LZMA's own reach: the encoder's prices are a table.
  const [fast, slow] = own;
  probs[index] = Math.min(Math.max(Math.round((0.3 * fast + 0.7 * slow) / 32), 31), 2017);
};

/** Bits that are 0 as often as 1: unlike LZMA's they divide the range as others do. */
Encoder.prototype.encodeDirectBits = function (value, count) {
  for (let i = count - 1; i >= 0; i--) {
    encode(this, this._rangeEncoder.rrange >>> 1, (value >>> i) & 1);
  }
};

/** So are the lower bits of a distance. */
Encoder.prototype.reverseEncodeRange = function (_, count, value) {
  this.encodeDirectBits(value, count);
};
Encoder.prototype.reverseEncode = function (value) {
  this.encodeDirectBits(value, 4);
};

/** What a number in a tree of bits costs, which the package's own remembers for ever as it was at first. */
Encoder.prototype.getEncoderBitTreePrice = function ({ models, numBitLevels }, number) {
  let price = 0;
  let node = 1;
  for (let i = numBitLevels - 1; i >= 0; i--) {
    const bit = (number >>> i) & 1;
    price += this.getPrice(models[node], bit);
    node = 2 * node + bit;
  }
  return price;
};

const { getPosLenPrice } = Encoder.prototype;
/** A bit (64) more than it costs by itself: 0.1% less in all, as what is said more rarely is better known. */
Encoder.prototype.getPosLenPrice = function (...match) {
  return getPosLenPrice.apply(this, match) + 64;
};

/** The raw stream that assembly/unpack/lzma.ts reads. */
function pack(bytes) {
  learned = new Map(); // the encoder uses its lists again
  source = bytes;
  const file = compress(bytes, 9);
  if (file[0] !== 4) throw new Error(`lzma1's settings are ${file[0]}: not lc = 4, lp = 0, pb = 0`);
  // LZMA's first byte is always 0; the number behind it is read as WebAssembly reads numbers.
  file.subarray(HEADER + 1, HEADER + 5).reverse();
  return file.subarray(HEADER + 1);
}

/** The same as text: a character is six bits; see assembly/unpack/lzma.ts. */
export function packedText(bytes) {
  const stream = pack(bytes);
  const characters = [];
  for (let i = 0; i < stream.length; i += 3) {
    const group = stream[i] | (stream[i + 1] << 8) | (stream[i + 2] << 16);
    for (const shift of [0, 6, 12, 18]) {
      const six = (group >> shift) & 63;
      characters.push(35 + six + (six > 56));
    }
  }
  return Buffer.from(characters).toString();
}

/**
 * Bytes that are not packed, as text that gzip makes as much of: from # on a character for each up to 90,
 * those above less 91 behind a ~, or less 182 behind two. (In hexadecimal they take a fifth more.)
 */
function plainText(bytes) {
  const character = (byte) => "~".repeat(byte / 91) + String.fromCharCode(35 + (byte % 91));
  return JSON.stringify(Array.from(bytes, character).join(""));
}

/**
 * The source of src/kernels/wasm.generated.ts for a build of the kernels. Packed bytes gzip to hardly more
 * than their number at six bits a character.
 * @param file path of the .wasm file
 */
export function packedModule(file) {
  const { bytes, names } = tabled(file);
  return [
    "// Made by scripts/build.mjs from assembly/.",
    // One object: strings of their own would be inlined where they are used, amid JavaScript.
    "export const packed = {",
    `  bytes: ${bytes.length},`,
    `  unpacker: ${plainText(readFileSync("build/unpack.wasm"))},`,
    `  kernels: "${packedText(bytes)}",`,
    "};",
    `export const names = "${names}";\n`,
  ].join("\n");
}
