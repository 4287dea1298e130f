// Chains: neighbouring elementwise calls of a recording, over the same elements, become one call that
// passes over memory once (assembly/elementwise/chain.ts), a piece at a time: of whole rows, where one of
// them reads elements that don't lie one behind the other. What one of them writes for the others alone is
// not written to memory at all.
import { type Kernel, kernels } from "./loader.js";
import { flatUnits } from "./units.js";

/** Words of a call in the list: the kernel's table index, its parameters' address, its units. */
export const CALL = 3;

/** Calls of fewer elements stay as they are: what they pass on is in a cache anyway. */
const FEWEST = 1 << 15;
/** Elements of a piece where rows don't matter, and at most. */
const PIECE = 1 << 11;
const LONGEST_PIECE = 1 << 14;
/** Where the scratch has pieces of what is not written, behind the parameters' 64 KiB, and bytes of them. */
const FIRST_PLACE = 1 << 16;
const ROOM = 1 << 18;
/** Words of a call's parameters that a chain has room for. */
const LONGEST_BLOCK = 24;

/** What a call reads or writes. */
interface Operand {
  /** From the lowest of its elements on. */
  readonly at: number;
  readonly bytes: number;
  /** Of an element, if they lie one behind the other, in the order in which they are used; 0: otherwise. */
  readonly size: number;
  /** From a column to the next. */
  readonly step: number;
}

/** A call that a chain may have, of n = rows x cols elements; the result is its last operand. */
interface Link {
  readonly n: number;
  readonly rows: number;
  readonly cols: number;
  readonly operands: readonly Operand[];
}

const overlap = (a: Operand, b: Operand): boolean => a.at < b.at + b.bytes && b.at < a.at + a.bytes;

/** Whether a piece of one has nothing to do with other pieces of the other. */
const inStep = (a: Operand, b: Operand): boolean =>
  !overlap(a, b) || (a.at === b.at && a.size === b.size && a.size > 0);

/** Elements of a piece of whole rows: of short ones a multiple of 16, so that no group of 16 elements is cut. */
function pieceOf(cols: number): number {
  const rows = Math.floor((2 * PIECE) / cols);
  return cols * (rows & -16 || rows || 1);
}

/** Recorded calls, before they are a list in the heap. */
export interface Calls {
  readonly kernels: Kernel<readonly number[]>[];
  /** CALL words each, the parameters' address being their place in `words`. */
  readonly calls: number[];
  /** Parameters of all calls in order; chains' come behind them. */
  readonly words: number[];
  /** Whether nobody has the memory at an address when all calls have run. */
  readonly isFree: (address: number) => boolean;
  /** Words that replays are told, all of a list the same address. */
  readonly told: readonly number[][];
}

/**
 * Makes chains of what can be joined of calls [first, end): a chain takes the place of its first call, the
 * others lose their units.
 */
export function joinCalls(all: Calls, first: number, end: number): void {
  while (first < end) {
    const run: Link[] = [];
    for (let link; first < end; first++) {
      link = linkOf(all, first);
      if (link === null || !follows(link, run)) break;
      run.push(link);
    }
    if (run.length > 1) makeChain(all, first - run.length, run);
    else if (run.length === 0) first++;
  }
}

/** An elementwise call; null: another one, one of few elements, of too long rows or of too many dims. */
function linkOf({ kernels, calls, words }: Calls, call: number): Link | null {
  const { sizes, scalars } = kernels[call]!;
  const block = calls[CALL * call + 1]!;
  const shape = block + sizes.length;
  const rank = shape + 1 + sizes.length + scalars;
  const [rows, cols] = [words[shape]!, words[shape + 1]!];
  const end = rank + 1 + words[rank]! * sizes.length;
  const n = rows * cols;
  if (!sizes || n < FEWEST || end > block + LONGEST_BLOCK) return null;
  if (rows > 1 && cols > LONGEST_PIECE) return null;
  // Where the dims are, columns first: their size, and a stride for each input.
  const dims = [shape + 1];
  for (let dim = end; (dim -= sizes.length) > rank;) dims.push(dim);
  const operands = Array.from(sizes, (digit, k) => {
    const bytes = Number(digit);
    const at = words[block + k]! >>> 0;
    if (k === sizes.length - 1) return { at, bytes: n * bytes, size: bytes, step: bytes };
    let [low, high, next, size] = [0, 1, 1, bytes];
    for (const dim of dims) {
      const count = words[dim]!;
      const stride = words[dim + 1 + k]! | 0;
      const reach = (count - 1) * stride;
      if (reach < 0) low += reach;
      else high += reach;
      if (count > 1 && stride !== next) size = 0;
      next *= count;
    }
    const step = words[shape + 2 + k]! * bytes;
    return { at: at + low * bytes, bytes: (high - low) * bytes, size, step };
  });
  return { n, rows, cols, operands };
}

/** Whether a call gives the same when it runs a piece at a time, in turn with the run before it. */
function follows({ n, rows, cols, operands }: Link, run: readonly Link[]): boolean {
  return run.every(
    (before) =>
      n === before.n &&
      (rows === 1 || before.rows === 1 || cols === before.cols) &&
      before.operands.every((x) => inStep(x, operands.at(-1)!)) &&
      operands.every((x) => inStep(x, before.operands.at(-1)!)),
  );
}

function makeChain(all: Calls, first: number, links: readonly Link[]): void {
  const { words, calls, kernels: own } = all;
  const run = links.map(({ operands }) => operands);
  const { n } = links[0]!;
  const many = links.find((link) => link.rows > 1);
  const piece = many ? pieceOf(many.cols) : PIECE;
  const places = placesOf(all, run, first + run.length, 4 * piece);
  const saved = saveCopies(all, first, run, places);
  const chain = words.push(run.length - saved.length, n, piece) - 3;
  links.forEach(({ rows, cols, operands }, k) => {
    const call = CALL * (first + k);
    const block = calls[call + 1]!;
    const [width, units] = rows > 1 ? [cols, (piece / cols) * flatUnits(cols)] : [piece, 0];
    const allUnits = calls[call + 2]!;
    calls[call + 2] = 0;
    if (saved.includes(k)) return;
    words.push(own[first + k]!.index, 4 * (block - chain), width, units, allUnits, operands.length);
    operands.forEach(({ at, size, step }, j) => {
      const place = places.get(at);
      if (place !== undefined) words[block + j] = place;
      words.push(piece * ((units ? 0 : step) - (place === undefined ? 0 : size)));
    });
  });
  calls[CALL * first] = kernels.chain32.index;
  calls[CALL * first + 1] = chain;
  calls[CALL * first + 2] = Math.ceil(n / piece);
  own[first] = kernels.chain32;
}

/**
 * Copies of a run that need not be made: who reads one of them reads what it was copied from instead, and who
 * makes what is only copied makes it there. Their places are given up.
 */
function saveCopies(
  { kernels: own, calls, words, told }: Calls,
  first: number,
  run: readonly (readonly Operand[])[],
  places: Map<number, number>,
): number[] {
  return run.flatMap((operands, k) => {
    const { index } = own[first + k]!;
    const [from, to] = operands as [Operand, Operand];
    if (index !== kernels.copy32.index && index !== kernels.copy8.index) return [];
    const side = places.has(to.at) ? 0 : 1;
    const [kept, gone] = side === 0 ? [from, to] : [to, from];
    const others = run.filter((x) => x !== operands);
    const isMade = (x: readonly Operand[]): boolean => x.at(-1)!.at === gone.at;
    const isTouched = (x: readonly Operand[]): boolean =>
      x.slice(side - 1).some((y) => overlap(y, kept));
    if (from.size !== to.size || !places.has(gone.at)) return [];
    if (others.some(isTouched) || others.filter(isMade).length > side) return [];
    places.delete(gone.at);
    const word = calls[CALL * (first + k) + 1]! + side;
    run.forEach((x, m) => {
      const block = calls[CALL * (first + m) + 1]!;
      x.forEach(({ at }, j) => {
        if (at !== gone.at || m === k) return;
        words[block + j] = words[word]!;
        for (const list of told) if (list[0] === word) list.push(block + j);
      });
    });
    return [k];
  });
}

/** Places in the scratch, by address, for what calls of a run, up to `end`, write for each other alone. */
function placesOf(
  all: Calls,
  run: readonly (readonly Operand[])[],
  end: number,
  bytes: number,
): Map<number, number> {
  // By address: the calls that have it, -1 before one that reads it: what is read first was there before.
  const uses = new Map<number, number[]>();
  run.forEach((operands, k) =>
    operands.forEach(({ at }, j) => {
      if (!uses.has(at)) uses.set(at, [j < operands.length - 1 ? -1 : k]);
      uses.get(at)!.push(k);
    }),
  );
  const places = new Map<number, number>();
  // Up to which call each place is taken. Few of them, used again and again, stay in the innermost cache.
  const taken = new Array<number>(Math.floor(ROOM / bytes)).fill(-1);
  run.forEach((operands, k) => {
    const made = operands.at(-1)!;
    const own = uses.get(made.at)!;
    const place = taken.findIndex((until) => until < k);
    if (place < 0 || own[0] !== k || !all.isFree(made.at) || isRead(all, end, made)) return;
    places.set(made.at, FIRST_PLACE + bytes * place);
    taken[place] = own.at(-1)!;
  });
  return places;
}

/** Whether one of the calls from `call` on reads what lies there, or may do so, before it is written anew. */
function isRead(all: Calls, call: number, made: Operand): boolean {
  const { calls, words } = all;
  const { at, bytes } = made;
  // Whatever lies in its range may be an address.
  let word = calls[CALL * call + 1] ?? words.length;
  while (word < words.length && (words[word]! - at) >>> 0 >= bytes) word++;
  if (word === words.length) return false;
  while (calls[CALL * call + 4]! <= word) call++;
  const operands = linkOf(all, call)?.operands;
  const out = operands?.at(-1);
  return (
    out?.at !== at || out.bytes < bytes || operands!.some((x) => x !== out && overlap(x, made))
  );
}
