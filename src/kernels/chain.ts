// Chains: neighbouring elementwise calls of a recording, over the same elements, become one call that
// passes over memory once (assembly/elementwise/chain.ts). What one of them writes for the others alone
// is not written to memory at all.
import { type Kernel, kernels } from "./loader.js";

/** Words of a call in the list: the kernel's table index, its parameters' address, its units. */
export const CALL = 3;

/** Calls of fewer elements stay as they are: what they pass on is in a cache anyway. */
const FEWEST = 1 << 15;
/** Where the scratch has a piece of what is not written, 2048 elements, behind the parameters' 64 KiB. */
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

/** Makes chains of recorded calls. */
export class Chains {
  /** Words of the calls' own parameters. */
  private readonly length: number;

  /**
   * @param kernels the calls' kernels
   * @param calls CALL words each; a chain takes the place of its first call, the others lose their units
   * @param words the calls' parameters one behind the other, where `calls` says; chains' come behind them
   * @param isFree whether nobody has the memory at an address when all calls have run
   */
  constructor(
    private readonly kernels: Kernel<readonly number[]>[],
    private readonly calls: number[],
    private readonly words: number[],
    private readonly isFree: (address: number) => boolean,
  ) {
    this.length = words.length;
  }

  /** Joins what can be joined of calls [first, end). */
  join(first: number, end: number): void {
    while (first < end) {
      const run: Operand[][] = [];
      while (first < end) {
        const operands = this.operandsOf(first);
        if (operands === null || !this.follows(run, operands, first)) break;
        run.push(operands);
        first++;
      }
      if (run.length > 1) this.make(run, first - run.length);
      else if (run.length === 0) first++;
    }
  }

  /** Where a call's parameters begin. */
  private block(call: number): number {
    return this.calls[CALL * call + 1] ?? this.length;
  }

  /** An elementwise call's operands, the result's last; null: another call, one of few elements or of several rows. */
  private operandsOf(call: number): Operand[] | null {
    const { words } = this;
    const { sizes } = this.kernels[call]!;
    const block = this.block(call);
    const shape = block + sizes.length;
    const n = words[shape + 1]!;
    if (sizes === "" || words[shape] !== 1 || n < FEWEST) return null;
    const operands: Operand[] = [];
    for (let k = 0; k < sizes.length; k++) {
      const stride = k < sizes.length - 1 ? words[shape + 2 + k]! : 1;
      if (stride >>> 0 > 1) return null;
      const size = stride * Number(sizes[k]);
      operands.push({ at: words[block + k]! >>> 0, bytes: size * n || 4, size });
    }
    return operands;
  }

  /** Whether a call gives the same when it runs a piece at a time, in turn with those before it. */
  private follows(run: readonly Operand[][], operands: readonly Operand[], call: number): boolean {
    const units = (i: number): number => this.calls[CALL * i + 2]!;
    const out = operands.at(-1)!;
    return run.every(
      (before) =>
        units(call) === units(call - 1) &&
        before.every((x) => inStep(x, out)) &&
        operands.every((x) => inStep(x, before.at(-1)!)),
    );
  }

  private make(run: readonly Operand[][], first: number): void {
    const { words, calls, kernels: own } = this;
    const places = new Map<number, number>();
    for (let k = 0; k < run.length; k++) {
      const { at } = run[k]!.at(-1)!;
      if (places.size < MOST_PLACES && this.isPassedOn(run, k, first + run.length))
        places.set(at, FIRST_PLACE + PLACE * places.size);
    }
    const chain = words.push(run.length) - 1;
    for (let k = 0; k < run.length; k++) {
      const block = this.block(first + k);
      for (const [j, { at, size }] of run[k]!.entries()) {
        const place = places.get(at);
        if (place !== undefined) words[block + j] = place + (size & 1);
      }
      words.push(own[first + k]!.index, 4 * (block - chain), run[k]!.length);
      if (k > 0) calls[CALL * (first + k) + 2] = 0;
    }
    calls[CALL * first] = kernels.chain32.index;
    calls[CALL * first + 1] = chain;
    own[first] = kernels.chain32;
  }

  /** Whether what call k of a run writes is for later ones of the run alone. `end`: the call behind the run. */
  private isPassedOn(run: readonly Operand[][], k: number, end: number): boolean {
    const made = run[k]!.at(-1)!;
    const touches = (x: Operand): boolean => overlap(x, made);
    if (run[k]!.slice(0, -1).some(touches) || run.slice(0, k).flat().some(touches)) return false;
    for (let call = end; call < this.kernels.length; call++) {
      // Whatever lies in its range may be an address.
      const block = this.words.slice(this.block(call), this.block(call + 1));
      if (!block.some((word) => touches({ at: word >>> 0, bytes: 1, size: 0 }))) continue;
      const operands = this.operandsOf(call);
      const out = operands?.pop();
      return out?.at === made.at && out.bytes >= made.bytes && !operands!.some(touches);
    }
    return this.isFree(made.at);
  }
}
