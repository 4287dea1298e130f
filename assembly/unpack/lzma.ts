// A module of its own, of about 1 kB, that unpacks the module of all kernels before that one is
// compiled. What a page downloads is the kernels' bytes in LZMA, which takes a quarter less than
// gzip does; JavaScript would need ten times as long for it while it is still interpreted.
//
// The format is the LZMA specification's (Igor Pavlov, 7-Zip): a range coder over adaptive bits
// says of each step whether it is a literal byte, a match (a length and how far back), or a match
// at one of the last four distances. It reads what scripts/pack.mjs writes: no bit depends on the
// position (instructions begin anywhere), no end marker, as text (see `fromText`). Other than in the
// specification,
//  - even bits are coded as all others are, and all but the highest bits of a distance are even bits;
//  - a bit's probability is the mean of two, one of which learns fast and one ever more slowly;
//  - of what kind a step is the mean of four, two of which depend on the byte before;
//  - what else depends on the bytes before depends on two of them, see `context`.
// That is 3% less. (Literals could have a mean of four, too, but that takes twice the time.) The input is
// the library's own: nothing here guards against another.

/** The adaptive bits: where those of each kind begin. Each has two probabilities of 0, of 65536, and its uses. */
class Bits {
  static readonly IS_MATCH: u32 = 0; // [state], each [context]
  static readonly IS_REP: u32 = 12;
  static readonly IS_REP_0: u32 = 24;
  static readonly IS_REP_1: u32 = 36;
  static readonly IS_REP_2: u32 = 48;
  static readonly IS_LONG_REP_0: u32 = 60;
  static readonly SLOT: u32 = 1152; // [length - 2, at most 3][64]
  static readonly LENGTH: u32 = 1408; // two choices, [8] twice, [256]
  static readonly REP_LENGTH: u32 = 1682;
  static readonly LITERAL: u32 = 1956; // [context][768]
  static readonly BEHIND: u32 = 14244; // [72: IS_MATCH to IS_LONG_REP_0][the last byte]
  static readonly COUNT: u32 = 32676;
}

// The last four distances, less 1, what the last steps were (below 7, the last was a literal), and the last byte.
// `context` is its high 3 bits, but for small bytes, most of which are indices and the like: then it is 8 and
// those of the byte before, which may be the instruction.
let distance0: u32 = 0;
let distance1: u32 = 0;
let distance2: u32 = 0;
let distance3: u32 = 0;
let state: u32 = 0;
let last: u32 = 0;
let context: u32 = 0;

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

/** A bit of what kind a step is, which depends on the last bytes, too. */
function step(which: u32): u32 {
  return mixed((which << 4) + context, Bits.BEHIND + (which << 8) + last);
}

/** A number of `count` bits, the highest first; each bit's probability depends on those above. */
function tree(from: u32, count: u32): u32 {
  let node: u32 = 1;
  for (let i: u32 = 0; i < count; i++) node = 2 * node + bit(from + node);
  return node - (1 << count);
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
  let distance = 2 | (slot & 1);
  for (let count = slot >> 1; count > 1; count--) distance = 2 * distance + decide(range >>> 1);
  return distance;
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

/**
 * From a raw stream, as text at [input, out), two zeros at its end, to the bytes [out, end); 256 kB of zeros at
 * `scratch`. Once.
 */
export function unpack(input: usize, out: usize, end: usize, scratch: usize): void {
  fromText(input, out);
  bits = scratch;
  for (let i: usize = 0; i < Bits.COUNT; i++) store<u32>(scratch + 8 * i, 0x80008000);
  range = 0xffffffff;
  code = load<u32>(input);
  next = input + 4;
  while (out < end) {
    last = load<u8>(out - 1);
    context = last < 32 ? 8 + (load<u8>(out - 2) >> 5) : last >> 5;
    if (step(Bits.IS_MATCH + state)) {
      for (let n = match(); n > 0; n--, out++) store<u8>(out, load<u8>(out - distance0 - 1));
      continue;
    }
    const from = Bits.LITERAL + 768 * context;
    const byte = state < 7 ? tree(from, 8) : matchedLiteral(from, load<u8>(out - distance0 - 1));
    store<u8>(out++, byte);
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }
}
