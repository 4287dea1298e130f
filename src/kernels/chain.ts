// Chains: neighbouring calls of a recording become one call that passes over memory once
// (assembly/elementwise/chain.ts), a piece at a time: of elements, or of whole rows where one of them works
// on rows. What one of them writes for the others alone is not written to memory at all.
import { type Kernel, kernels } from "./loader.js";

/** Words of a call in the list: the kernel's table index, its parameters' address, its units. */
export const CALL = 3;

/** Calls of fewer elements begin no chain and end none: what they pass on is in a cache anyway. */
const FEWEST = 1 << 15;
/** Such calls in between, one behind the other, at most: each is called for each piece. */
const FEW = 8;
/** Elements of a piece where rows don't matter, and at most. */
const PIECE = 1 << 11;
const LONGEST_PIECE = 1 << 14;
/** Where the scratch has pieces of what is not written, behind the parameters' 64 KiB, and bytes of them. */
const FIRST_PLACE = 1 << 16;
const ROOM = 1 << 18;
/** Words of a call's parameters that a chain has room for. */
const LONGEST_BLOCK = 24;

/** Memory: from an address on. */
export interface Range {
  readonly at: number;
  readonly bytes: number;
}

/** What a call reads or writes, from the lowest of its elements on. */
interface Operand extends Range {
  /** Whether each row of the call has the same share of it, one behind the other. */
  readonly inOrder: boolean;
  /** From an element to the next, of flat calls. */
  readonly step: number;
  readonly isMade: boolean;
}

/** A call that a chain may have, of n elements. */
interface Link {
  readonly n: number;
  /** Parts that have nothing to do with each other: rows, or at most 1024 elements of them; elements of flat calls. */
  readonly rows: number;
  /** All elements are one row. */
  readonly isFlat: boolean;
  readonly operands: readonly Operand[];
}

const overlap = (a: Range, b: Range): boolean => a.at < b.at + b.bytes && b.at < a.at + a.bytes;

/** Whether a row of one has nothing to do with other rows of the other. */
const inStep = (a: Operand, b: Operand): boolean =>
  !overlap(a, b) || (a.at === b.at && a.bytes === b.bytes && a.inOrder && b.inOrder);

/**
 * A buffer of the recording's own, with which calls have to do from number `since` on. `refs` is 0 if nobody has it
 * when all calls have run.
 */
export interface Owner extends Range {
  readonly buffer: { readonly refs: number };
  since: number;
}

/** Recorded calls, before they are a list in the heap. */
export interface Calls {
  readonly kernels: Kernel<readonly number[]>[];
  /** CALL words each, the parameters' address being their place in `words`. */
  readonly calls: number[];
  /** Parameters of all calls in order; chains' come behind them. */
  readonly words: number[];
  /** The buffer that an address of a call's is a part of. */
  readonly owner: (address: number, call: number) => Owner | undefined;
}

/**
 * Makes chains of what can be joined of calls [first, end): a chain takes the place of its first call, the
 * others lose their units.
 */
export function joinCalls(all: Calls, first: number, end: number): void {
  while (first < end) {
    const run: Link[] = [];
    const seen: Operand[] = [];
    // Of the chain: each of its calls has as many rows, or a multiple. Few elements don't make them longer.
    let [rows, most, length] = [0, 0, 0];
    for (let call = first; call < end; call++) {
      const link = linkOf(all, call);
      if (link === null || !follows(link, seen)) break;
      const fewer = link.n < FEWEST ? rows : Math.min(rows || Infinity, link.rows);
      const longest = Math.max(most, link.n);
      if (rows % fewer !== 0 || link.rows % fewer !== 0 || longest > LONGEST_PIECE * fewer) break;
      run.push(link);
      [rows, most] = [fewer, longest];
      if (link.n >= FEWEST) length = run.length;
      if (run.length > length + FEW) break;
    }
    if (length > 1) makeChain(all, first, run.slice(0, length), rows, most / rows);
    first += length || 1;
  }
}

/** What a chain may have as a call; null: another kernel, other rows, too many dims. */
function linkOf({ kernels, calls, words }: Calls, call: number): Link | null {
  const kernel = kernels[call]!;
  const block = calls[CALL * call + 1]!;
  const units = calls[CALL * call + 2]!;
  if (!kernel.sizes || !units) return null;
  return (kernel.sizes > "9" ? rowwise : elementwise)(kernel, words, block, units);
}

/** A call whose units are rows, of as many elements as the first of its numbers says. */
function rowwise(
  { sizes, scalars }: Kernel<readonly number[]>,
  words: readonly number[],
  block: number,
  rows: number,
): Link | null {
  const shape = block + sizes.length;
  const cols = words[shape]! / (scalars > 1 ? rows : 1);
  if (scalars > 1 ? cols !== 1024 : scalars && words[shape + 1] !== 1) return null;
  const n = rows * cols;
  const operands = Array.from(sizes, (code, k) => {
    const at = words[block + k]! >>> 0;
    const bytes = at && 4 * (code === "s" ? cols : "op".includes(code) ? rows : n);
    const isMade = at > 0 && "wp".includes(code);
    return { at, bytes, inOrder: code !== "s", step: 0, isMade };
  });
  return { n, rows, isFlat: false, operands };
}

function elementwise(
  { sizes, scalars }: Kernel<readonly number[]>,
  words: readonly number[],
  block: number,
  units: number,
): Link | null {
  const shape = block + sizes.length;
  const rank = shape + 1 + sizes.length + scalars;
  const [rows, cols] = [words[shape]!, words[shape + 1]!];
  const end = rank + 1 + words[rank]! * sizes.length;
  if (end > block + LONGEST_BLOCK) return null;
  const n = rows * cols;
  const isFlat = rows === 1;
  // Where the dims are, columns first: their size, and a stride for each input.
  const dims = [shape + 1];
  for (let dim = end; (dim -= sizes.length) > rank;) dims.push(dim);
  const operands = Array.from(sizes, (digit, k) => {
    const size = Number(digit);
    const at = words[block + k]! >>> 0;
    const isMade = k === sizes.length - 1;
    let [low, high, next, inOrder] = [0, 1, 1, true];
    for (const dim of dims) {
      const count = words[dim]!;
      const stride = isMade ? next : words[dim + 1 + k]! | 0;
      const reach = (count - 1) * stride;
      if (reach < 0) low += reach;
      else high += reach;
      if (stride === 0 && dim === shape + 1) continue; // an element for each row
      if (count > 1 && stride !== next) inOrder = false;
      next *= count;
    }
    const step = isFlat ? size * (isMade ? 1 : words[shape + 2 + k]!) : 0;
    return { at: at + low * size, bytes: (high - low) * size, inOrder, step, isMade };
  });
  return { n, rows: isFlat ? n : cols % 1024 ? rows : units, isFlat, operands };
}

/**
 * Whether a call gives the same when it runs a piece at a time, in turn with those whose operands were seen;
 * its own are, from now on.
 */
function follows({ operands }: Link, seen: Operand[]): boolean {
  for (const x of operands)
    if (seen.some((y) => (x.isMade || y.isMade) && !inStep(x, y))) return false;
  // Memory is used again and again: few addresses, even of many calls.
  const isKnown = (x: Operand): boolean =>
    seen.some(
      (y) =>
        x.at === y.at && x.bytes === y.bytes && x.inOrder === y.inOrder && x.isMade === y.isMade,
    );
  seen.push(...operands.filter((x) => !isKnown(x)));
  return true;
}

function makeChain(
  all: Calls,
  first: number,
  links: readonly Link[],
  rows: number,
  widest: number,
): void {
  const { words, calls, kernels: own } = all;
  const run = links.map(({ operands }) => operands);
  // Whole rows, of short ones a multiple of 16, so that no group of 16 elements is cut.
  const many = Math.floor((2 * PIECE) / widest);
  const piece = widest > 1 ? many & -16 || many || 1 : PIECE;
  const places = placesOf(all, first, run, 4 * piece * widest);
  const chain = words.push(run.length, rows, piece) - 3;
  links.forEach(({ n, isFlat, operands }, k) => {
    const call = CALL * (first + k);
    const block = calls[call + 1]!;
    const units = calls[call + 2]! / rows;
    calls[call + 2] = 0;
    const share = isFlat ? n / rows : -units;
    words.push(own[first + k]!.index, 4 * (block - chain), share, operands.length);
    operands.forEach(({ at, bytes, step }, j) => {
      const place = places.get(at);
      if (place !== undefined) words[block + j] = place;
      const move = (n / rows) * step;
      words.push(piece * (place === undefined ? move : move - bytes / rows));
    });
  });
  own[first] = kernels.chain32;
  calls.splice(CALL * first, CALL, kernels.chain32.index, chain, Math.ceil(rows / piece));
}

/** Places in the scratch, by address, for what calls of a run write for each other alone. */
function placesOf(
  all: Calls,
  first: number,
  run: readonly (readonly Operand[])[],
  bytes: number,
): Map<number, number> {
  // By address: the calls that have it, -1 before one that reads it: what is read first was there before.
  const uses = new Map<number, number[]>();
  run.forEach((operands, k) =>
    operands.forEach(({ at, isMade }) => {
      if (!uses.has(at)) uses.set(at, [isMade ? k : -1]);
      uses.get(at)!.push(k);
    }),
  );
  const places = new Map<number, number>();
  // Up to which call each place is taken. Few of them, used again and again, stay in the innermost cache.
  const taken = new Array<number>(Math.floor(ROOM / bytes)).fill(-1);
  run.forEach((operands, k) => {
    for (const operand of operands) {
      const own = uses.get(operand.at)!;
      const place = taken.findIndex((until) => until < k);
      if (place < 0 || own[0] !== k) continue;
      // Of those that have had this address the last one. It may be read from another address, too: as a whole.
      if (isRead(all, first + own.at(-1)!, operand.at, first + run.length)) continue;
      places.set(operand.at, FIRST_PLACE + bytes * place);
      taken[place] = own.at(-1)!;
    }
  });
  return places;
}

/**
 * Whether the buffer that a call has at an address is read, or may be, by one of the calls from `next` on, or by
 * whoever has it after them.
 */
function isRead(
  { calls, words, owner }: Calls,
  call: number,
  address: number,
  next: number,
): boolean {
  const buffer = owner(address, call);
  if (buffer?.buffer.refs !== 0) return true;
  // Whatever lies in its range may be an address. Where it is one of a later buffer, this one is no more.
  let word = calls[CALL * next + 1] ?? words.length;
  while (word < words.length && (words[word]! - buffer.at) >>> 0 >= buffer.bytes) word++;
  if (word === words.length) return false;
  while (calls[CALL * next + 4]! <= word) next++;
  return owner(words[word]!, next) === buffer;
}

/**
 * Where only a relu reads what a product or a convolution has just made, that one makes relu's result itself. Its
 * first parameters are what it reads (three), where its result lies, and whether it is relu's.
 */
export function joinRelus(all: Calls): void {
  const { kernels: own, calls, words, owner } = all;
  own.forEach((relu, call) => {
    const head = call - 1;
    if (relu !== kernels.reluF32 || own[head]?.scalars !== 3) return;
    const block = calls[CALL * head + 1]!;
    const next = calls[CALL * call + 1]!;
    const x = words[next]!;
    const made = owner(words[next + 1]!, call);
    // All of it, in its order, to memory that nothing is read from.
    if (!made || x !== words[block + 3] || words[next + 2]! * words[next + 4]! !== 1) return;
    const operands = words.slice(block, block + 3).map((y) => owner(y, head));
    if (operands.some((y) => y && overlap(y, made)) || made.bytes !== 4 * words[next + 3]!) return;
    if (owner(x, head)?.bytes !== made.bytes || isRead(all, head, x, call + 1)) return;
    made.since = head;
    words[block + 3] = words[next + 1]!;
    words[block + 4]! |= 1;
    calls[CALL * call + 2] = 0;
  });
}
