// Chains: neighbouring elementwise calls of a recording, over the same elements, become one call that
// passes over memory once (assembly/elementwise/chain.ts). What one of them writes for the others alone
// is not written to memory at all.
import { type Kernel, kernels } from "./loader.js";

/** Words of a call in the list: the kernel's table index, its parameters' address, its units. */
export const CALL = 3;

/** Calls of fewer elements stay as they are: what they pass on is in a cache anyway. */
const FEWEST = 1 << 15;
/** Where the scratch has pieces of what is not written, 2048 elements each, behind the parameters' 64 KiB. */
const FIRST_PLACE = 1 << 16;
const PLACE = 1 << 13;
const MOST_PLACES = 32;

/** What a call reads or writes. */
interface Operand {
  readonly at: number;
  readonly bytes: number;
  /** Of an element; 0: one number stands for all of them. */
  readonly size: number;
}

const overlap = (a: Operand, b: Operand): boolean => a.at < b.at + b.bytes && b.at < a.at + a.bytes;

/** Whether a piece of one has nothing to do with other pieces of the other. */
const inStep = (a: Operand, b: Operand): boolean =>
  !overlap(a, b) || (a.at === b.at && a.size === b.size);

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
    const run: Operand[][] = [];
    for (let operands; first < end; first++) {
      operands = operandsOf(all, first);
      if (operands === null || !follows(all, first, operands, run)) break;
      run.push(operands);
    }
    if (run.length > 1) makeChain(all, first - run.length, run);
    else if (run.length === 0) first++;
  }
}

/** An elementwise call's operands, the result's last; null: another call, one of few elements or of several rows. */
function operandsOf({ kernels, calls, words }: Calls, call: number): Operand[] | null {
  const { sizes } = kernels[call]!;
  const block = calls[CALL * call + 1]!;
  const shape = block + sizes.length;
  const n = words[shape + 1]!;
  if (!sizes || words[shape] !== 1 || n < FEWEST) return null;
  const operands: Operand[] = [];
  for (let k = 0; k < sizes.length; k++) {
    const stride = k < sizes.length - 1 ? words[shape + 2 + k]! : 1;
    if (stride >>> 0 > 1) return null;
    const size = stride * Number(sizes[k]);
    operands.push({ at: words[block + k]! >>> 0, bytes: size * n || 4, size });
  }
  return operands;
}

/** Whether a call gives the same when it runs a piece at a time, in turn with the run before it. */
function follows(
  { calls }: Calls,
  call: number,
  operands: readonly Operand[],
  run: readonly Operand[][],
): boolean {
  const out = operands.at(-1)!;
  const units = CALL * call + 2;
  return run.every(
    (before) =>
      calls[units] === calls[units - CALL] &&
      before.every((x) => inStep(x, out)) &&
      operands.every((x) => inStep(x, before.at(-1)!)),
  );
}

function makeChain(all: Calls, first: number, run: readonly Operand[][]): void {
  const { words, calls, kernels: own } = all;
  const places = placesOf(all, run, first + run.length);
  const saved = saveCopies(all, first, run, places);
  const chain = words.push(run.length - saved.length) - 1;
  run.forEach((operands, k) => {
    const call = CALL * (first + k);
    const block = calls[call + 1]!;
    if (k > 0) calls[call + 2] = 0;
    if (saved.includes(k)) return;
    operands.forEach(({ at, size }, j) => {
      const place = places.get(at);
      if (place !== undefined) words[block + j] = place + (size & 1);
    });
    words.push(own[first + k]!.index, 4 * (block - chain), operands.length);
  });
  calls[CALL * first] = kernels.chain32.index;
  calls[CALL * first + 1] = chain;
  own[first] = kernels.chain32;
}

/**
 * Copies of a run that need not be made: who reads one of them reads what it was copied from instead, and who
 * makes what is only copied makes it there. Their places are given up.
 */
function saveCopies(
  { kernels: own, calls, words, told }: Calls,
  first: number,
  run: readonly Operand[][],
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
function placesOf(all: Calls, run: readonly Operand[][], end: number): Map<number, number> {
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
  const taken = new Array<number>(MOST_PLACES).fill(-1);
  run.forEach((operands, k) => {
    const made = operands.at(-1)!;
    const own = uses.get(made.at)!;
    const place = taken.findIndex((until) => until < k);
    if (place < 0 || own[0] !== k || !all.isFree(made.at) || isRead(all, end, made)) return;
    places.set(made.at, FIRST_PLACE + PLACE * place);
    taken[place] = own.at(-1)!;
  });
  return places;
}

/** Whether one of the calls from `call` on reads what lies there, or may do so, before it is written anew. */
function isRead(all: Calls, call: number, made: Operand): boolean {
  const { calls, words } = all;
  for (; call < all.kernels.length; call++) {
    // Whatever lies in its range may be an address.
    const block = words.slice(calls[CALL * call + 1], calls[CALL * call + 4]);
    if (!block.some((word) => (word - made.at) >>> 0 < made.bytes)) continue;
    const operands = operandsOf(all, call);
    const out = operands?.pop();
    return out?.at !== made.at || out.bytes < made.bytes || operands!.some((x) => overlap(x, made));
  }
  return false;
}
