// A module of its own, of about 1 kB, that unpacks the module of all kernels before that one is
// compiled. What a page downloads is the kernels' bytes in LZMA, which takes a quarter less than
// gzip does; JavaScript would need ten times as long for it while it is still interpreted.
//
// The format is the LZMA specification's (Igor Pavlov, 7-Zip): a range coder over adaptive bits
// says of each step whether it is a literal byte, a match (a length and how far back), or a match
// at one of the last four distances. It reads what scripts/pack.mjs writes: lc = 3, lp = 0, pb = 0
// (no bit depends on the position: instructions begin anywhere), no end marker, as text (see `fromText`).
// Other than in the specification, even bits are coded as all others are, and a bit's probability is the mean of two, one of which learns fast and one ever more
// slowly, and of what kind a step is the mean of four, two of which depend on the byte before: 2% less. (So
// could literals, for another 0.6%, but that takes twice the time.) The input is the library's own:
// nothing here guards against another.

/** The adaptive bits: where those of each kind begin. Each has two probabilities of 0, of 65536, and its uses. */
class Bits {
  static readonly IS_MATCH: u32 = 0; // [state]
  static readonly IS_REP: u32 = 12;
  static readonly IS_REP_0: u32 = 24;
  static readonly IS_REP_1: u32 = 36;
  static readonly IS_REP_2: u32 = 48;
  static readonly IS_LONG_REP_0: u32 = 60;
  static readonly SLOT: u32 = 72; // [length - 2, at most 3][64]
  static readonly SPECIAL: u32 = 328; // the low bits of distances of slots 4 to 13
  static readonly ALIGN: u32 = 456; // the lowest 4 bits of longer distances
  static readonly LENGTH: u32 = 472; // two choices, [8] twice, [256]
  static readonly REP_LENGTH: u32 = 746;
  static readonly LITERAL: u32 = 1020; // [high 3 bits of the last byte][768]
  static readonly BEHIND: u32 = 7164; // [72: IS_MATCH to IS_LONG_REP_0][the last byte]
  static readonly COUNT: u32 = 25596;
}

// The last four distances, less 1, what the last steps were (below 7, the last was a literal), and the last byte.
let distance0: u32 = 0;
let distance1: u32 = 0;
let distance2: u32 = 0;
let distance3: u32 = 0;
let state: u32 = 0;
let last: u32 = 0;

// The range coder's state.
let bits: usize = 0;
let next: usize = 0;
let range: u32 = 0;
let code: u32 = 0;

class Bit {
  /** The sum of the two probabilities at an address. */
  @inline
  static sum(at: usize): u32 {
    return <u32>load<u16>(at) + load<u16>(at, 2);
  }

  /** Tells the two probabilities at an address what the bit was. */
  static learn(at: usize, one: u32): void {
    const fast: u32 = load<u16>(at);
    const slow: u32 = load<u16>(at, 2);
    const uses = load<u32>(at, 4) + 1;
    const shift = min<u32>(32 - clz(uses), 7);
    if (one) {
      store<u16>(at, fast - (fast >> 3));
      store<u16>(at, slow - (slow >> shift), 2);
    } else {
      store<u16>(at, fast + ((65536 - fast) >> 3));
      store<u16>(at, slow + ((65536 - slow) >> shift), 2);
    }
    store<u32>(at, uses, 4);
  }
}

/** A bit that is 0 in the part of the range below `bound`. */
function decide(bound: u32): u32 {
  let one: u32 = 0;
  if (code < bound) {
    range = bound;
  } else {
    range -= bound;
    code -= bound;
    one = 1;
  }
  if (range < 0x1000000) {
    range <<= 8;
    code = (code << 8) | load<u8>(next++);
  }
  return one;
}

/** A bit whose probability is the mean of two pairs, which may be the same. */
function mixed(first: u32, second: u32): u32 {
  const at = bits + (first << 3);
  const behind = bits + (second << 3);
  const one = decide((range >>> 12) * ((Bit.sum(at) + Bit.sum(behind)) >>> 6));
  Bit.learn(at, one);
  if (first != second) Bit.learn(behind, one);
  return one;
}

function bit(which: u32): u32 {
  return mixed(which, which);
}

/** A bit of what kind a step is, which depends on the last byte, too. */
function step(which: u32): u32 {
  return mixed(which, Bits.BEHIND + (which << 8) + last);
}

/** A number of `count` bits, the highest first; each bit's probability depends on those above. */
function tree(from: u32, count: u32): u32 {
  let node: u32 = 1;
  for (let i: u32 = 0; i < count; i++) node = 2 * node + bit(from + node);
  return node - (1 << count);
}

/** The same, the lowest bit first. */
function reverseTree(from: u32, count: u32): u32 {
  let node: u32 = 1;
  let value: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const one = bit(from + node);
    node = 2 * node + one;
    value |= one << i;
  }
  return value;
}

/** A literal behind a match: while its bits are those of the byte `match`, they are probably so. */
function matchedLiteral(from: u32, match: u32): u32 {
  let node: u32 = 1;
  let same: u32 = 256;
  while (node < 256) {
    match <<= 1;
    const one = bit(from + same + (match & same) + node);
    node = 2 * node + one;
    same &= one ? match : ~match;
  }
  return node;
}

function matchLength(from: u32): u32 {
  if (!bit(from)) return 2 + tree(from + 2, 3);
  if (!bit(from + 1)) return 10 + tree(from + 10, 3);
  return 18 + tree(from + 18, 8);
}

/** How far back a match of that length lies, less 1. */
function matchDistance(length: u32): u32 {
  const slot = tree(Bits.SLOT + 64 * min(length - 2, 3), 6);
  if (slot < 4) return slot;
  let count = (slot >> 1) - 1;
  let high = 2 | (slot & 1);
  if (slot < 14) {
    high <<= count;
    return high + reverseTree(Bits.SPECIAL + high - slot, count);
  }
  for (; count > 4; count--) high = 2 * high + decide(range >>> 1);
  return (high << 4) + reverseTree(Bits.ALIGN, 4);
}

/** The length of a match whose distance, one of the last four, becomes the last one. */
function repetition(): u32 {
  let long: u32 = 1;
  if (!step(Bits.IS_REP_0 + state)) {
    long = step(Bits.IS_LONG_REP_0 + state);
  } else {
    let distance = distance1;
    if (step(Bits.IS_REP_1 + state)) {
      distance = distance2;
      if (step(Bits.IS_REP_2 + state)) {
        distance = distance3;
        distance3 = distance2;
      }
      distance2 = distance1;
    }
    distance1 = distance0;
    distance0 = distance;
  }
  const length = long ? matchLength(Bits.REP_LENGTH) : 1;
  state = state < 7 ? (long ? 8 : 9) : 11;
  return length;
}

function match(): u32 {
  if (step(Bits.IS_REP + state)) return repetition();
  distance3 = distance2;
  distance2 = distance1;
  distance1 = distance0;
  const length = matchLength(Bits.LENGTH);
  distance0 = matchDistance(length);
  state = state < 7 ? 7 : 10;
  return length;
}

/**
 * The bytes of the text [text, end), in its place. A character is six bits, the lowest first; 35 to 99 (less
 * 92, the backslash) stand for 0 to 63: "#" to "c".
 */
function fromText(text: usize, end: usize): void {
  for (let out = text; text < end; text += 4, out += 3) {
    let group: u32 = 0;
    for (let i: usize = 4; i > 0;) {
      const character: u32 = load<u8>(text + --i);
      group = (group << 6) + character - 35 - u32(character > 92);
    }
    store<u32>(out, group);
  }
}

/** From a raw stream, as text at [input, out), to the bytes [out, end); 256 kB of zeros at `scratch`. Once. */
export function unpack(input: usize, out: usize, end: usize, scratch: usize): void {
  fromText(input, out);
  bits = scratch;
  for (let i: usize = 0; i < Bits.COUNT; i++) store<u32>(scratch + 8 * i, 0x80008000);
  range = 0xffffffff;
  code = load<u32>(input);
  next = input + 4;
  const begin = out;
  while (out < end) {
    last = out === begin ? 0 : load<u8>(out - 1);
    if (step(Bits.IS_MATCH + state)) {
      for (let n = match(); n > 0; n--, out++) store<u8>(out, load<u8>(out - distance0 - 1));
      continue;
    }
    const from = Bits.LITERAL + 768 * (last >> 5);
    const byte = state < 7 ? tree(from, 8) : matchedLiteral(from, load<u8>(out - distance0 - 1));
    store<u8>(out++, byte);
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }
}
