// A recording: the kernel calls of one run of a function, as a list in the heap that WASM runs through
// by itself. Addresses and sizes are those of that run; what must differ from run to run (where a
// generator of random numbers stands, what an optimiser computes of its step count and rate) is
// written anew into the calls' parameters before each replay.
import { IndexError, SimdgradError } from "../core/errors.js";
import type { Arena } from "../memory/arena.js";
import { Buffer } from "../memory/buffer.js";
import { endCall } from "../memory/eviction.js";
import { heapI32 } from "../memory/heap.js";
import { CALL, joinCalls, joinRelus, type Owner } from "./chain.js";
import { type Kernel, replay } from "./loader.js";
import {
  currentObserver,
  execute,
  type Fault,
  isParallel,
  type Recorder,
  runNow,
  type Stream,
  withRecorder,
} from "./run.js";

/** Calls that run without a look from outside, what happens before those at `at`, and after them all. */
interface Stretch {
  readonly before: { at: number; readonly fn: () => void }[];
  /** Number of calls up to its end. */
  end: number;
  /** Where the last of them may have left word of something bad; 0: nowhere. */
  status: number;
  /** The error for that. */
  Fault: Fault;
}

/** Parameters that a replay writes: which word of the list, and which of a stream's numbers or how far from an address. */
interface Spot {
  readonly word: number;
  readonly k: number;
}

/** A call that copies what comes from outside, or what goes there: where in the list its address is told. */
export interface Copy {
  readonly call: number;
  spots: readonly Spot[];
}

/** Marks addresses: a whole number may be anything. The heap, which takes nothing else, cuts it off. */
const ADDRESS = 0.25;

/** Takes kernel calls, runs them, and can run them again. */
export class Recording implements Recorder {
  private words: number[] = [];
  private calls: number[] = [];
  private readonly kernels: Kernel<readonly number[]>[] = [];
  private readonly held: Buffer[] = [];
  private readonly drawn: { readonly values: Stream; readonly spots: Spot[] }[] = [];
  private readonly stretches: Stretch[] = [{ before: [], end: 0, status: 0, Fault: IndexError }];
  private readonly own = new Map<Buffer, Owner>();
  /** Address of the list: parameters, then calls. */
  private list = 0;

  /** @param constants where what no call writes lies: memory that no temporary has had before */
  constructor(private readonly constants: Arena) {}

  private allocate(bytes: number): Buffer {
    const buffer = this.constants.during(() => Buffer.allocate(bytes, "capture"));
    this.held.push(buffer);
    return buffer;
  }

  call(kernel: Kernel<readonly number[]>, units: number, args: readonly number[]): void {
    if (units === 0) return endCall();
    const from = this.words.length;
    for (const arg of args) this.words.push(this.resolve(arg));
    runNow(kernel, units, this.words.slice(from));
    this.calls.push(kernel.index, from, units);
    this.kernels.push(kernel);
    this.last.end++;
  }

  private get last(): Stretch {
    return this.stretches.at(-1)!;
  }

  /** A whole number or a marked address as it is; what `stream` gave out: the number that it stands for. */
  private resolve(arg: number): number {
    if (arg % 1 <= ADDRESS) return arg;
    const place = Math.floor(arg);
    const { values, spots } = this.drawn[place >> 2]!;
    const k = place & 3;
    spots.push({ word: this.words.length, k });
    return values[k]!;
  }

  cell(bits: number): number {
    const address = this.allocate(4).address();
    heapI32[address >>> 2] = bits;
    return address;
  }

  constant(bytes: number): Buffer {
    return this.allocate(bytes).retain();
  }

  check(address: number, Fault: Fault): void {
    Object.assign(this.last, { status: address, Fault });
    // Before the call that was made last.
    this.again(() => {
      heapI32[address >>> 2] = -1;
    }, this.last.end - 1);
    this.stretches.push({ ...this.last, before: [], status: 0 });
  }

  /** Gives out numbers that no kernel takes, halves, by which `call` knows where they went. */
  stream(draw: () => Stream): Stream {
    const spots: Spot[] = [];
    const id = 4 * this.drawn.push({ values: draw(), spots }) - 4;
    this.again(() => {
      const values = draw();
      for (const { word, k } of spots) heapI32[(this.list >>> 2) + word] = values[k]!;
    });
    return [id + 0.5, id + 1.5, id + 2.5, id + 3.5];
  }

  /** The address of a buffer that only calls from here on have to do with, marked. */
  note(buffer: Buffer, address: number): number {
    const { bytes } = buffer;
    const since = this.last.end;
    if (!this.own.has(buffer)) this.own.set(buffer, { buffer, at: address, bytes, since });
    return address + ADDRESS;
  }

  /** The next call is a copy: of what replays are told the address of (k = 0), or to there (1). */
  copy(k: 0 | 1): Copy {
    return { call: this.last.end, spots: [{ word: this.words.length + k, k: 0 }] };
  }

  /**
   * Saves that copy: in place of `buffer`, its other side, calls have to do with what is outside. Not where a parameter
   * may be an address in it, but has no mark. In `finish`.
   */
  save(copy: Copy, buffer: Buffer): void {
    const { words, calls, own } = this;
    const { at, bytes, since } = own.get(buffer)!;
    const spots: Spot[] = [];
    for (let word = calls[CALL * since + 1]!; word < words.length; word++) {
      const arg = Math.floor(words[word]!);
      const k = (arg - at) >>> 0;
      if (k >= bytes) continue;
      if (arg === words[word]) return;
      spots.push({ word, k });
    }
    copy.spots = spots;
    calls[CALL * copy.call + 2] = 0;
  }

  /** Tells replays what `copy` copies from or to. */
  tell({ spots }: Copy, address: number): void {
    const words = heapI32;
    const list = this.list >>> 2;
    for (const { word, k } of spots) words[list + word] = address + k;
  }

  /** Here, or before the calls that lead here, a replay runs `fn`. */
  again(fn: () => void, at = this.last.end): void {
    this.last.before.push({ at, fn });
  }

  /**
   * Runs `fn`, which computes parameters of kernel calls from what changes between replays. Before each
   * one it runs again, and its calls only renew the parameters. It must allocate nothing.
   */
  renewing(fn: () => void): void {
    const first = this.calls.length;
    let at = 0;
    const renew: Recorder["renew"] = (kernel, units, skip, slots, count) => {
      const words = heapI32;
      // More entries than were recorded would be written over what follows.
      if (words[at] !== kernel.index || words[at + 2] !== units) throw unlike(kernel.name);
      let word = words[at + 1]! >>> 2;
      for (let i = 0; i < count; i++) {
        word += skip;
        const own = slots[i]!;
        for (let k = 0; k < own.length; k++) words[word++] = own[k]!;
      }
      at += CALL;
    };
    const renewer = { renew, ...refusals };
    this.again(() => {
      at = (this.list >>> 2) + this.words.length + first;
      withRecorder(renewer, fn);
    });
    fn();
  }

  /** Makes the list, when `save` has saved copies. Nothing can be recorded after it. */
  finish(save: () => void): void {
    const { kernels, words, calls, own } = this;
    // Memory is used again: up to a call, the last of the buffers that were there has it.
    const buffers = [...own.values()].reverse();
    const owner = (address: number, call: number): Owner | undefined =>
      buffers.find((x) => x.since <= call && (address - x.at) >>> 0 < x.bytes);
    const all = { kernels, words, calls, owner };
    joinRelus(all);
    save();
    let from = 0;
    for (const { before, end } of this.stretches) {
      joinCalls(all, from, end);
      // What happens before a call that a chain makes happens before the chain.
      for (const entry of before) while (calls[CALL * entry.at + 2] === 0) entry.at--;
      from = end;
    }
    own.clear();
    this.list = this.allocate(4 * (words.length + calls.length)).address();
    for (let i = 0; i < calls.length; i += CALL) calls[i + 1] = this.list + 4 * calls[i + 1]!;
    heapI32.set(words, this.list >>> 2);
    heapI32.set(calls, (this.list >>> 2) + words.length);
  }

  /** Runs all calls again. @throws IndexError or ValueError, see `bad` */
  replay(): void {
    const calls = this.list + 4 * this.words.length;
    let from = 0;
    for (let i = 0; i < this.stretches.length; i++) {
      const { before, end, status, Fault } = this.stretches[i]!;
      for (let k = 0; k < before.length; k++) {
        const { at, fn } = before[k]!;
        // A call may fail when others have a part in it. Then nothing that comes later has happened.
        if (isParallel() && at > from) {
          this.runCalls(calls, from, at);
          from = at;
        }
        fn();
      }
      this.runCalls(calls, from, end);
      if (status !== 0 && heapI32[status >>> 2]! >= 0)
        this.bad(end - 1, heapI32[status >>> 2]!, Fault);
      from = end;
    }
    endCall();
  }

  private runCalls(calls: number, from: number, end: number): void {
    const observer = currentObserver();
    if (observer === null && !isParallel()) {
      replay(calls, from, end);
      return;
    }
    for (let i = from; i < end; i++) {
      const kernel = this.kernels[i]!;
      const at = (calls >>> 2) + CALL * i;
      const params = heapI32[at + 1]! >>> 0;
      const units = heapI32[at + 2]! >>> 0;
      if (units === 0) continue; // a chain did it
      if (observer === null) execute(kernel, params, units);
      else {
        const args = heapI32.subarray(params >>> 2);
        observer(kernel.name, args, units, () => execute(kernel, params, units), true);
      }
    }
  }

  /** Lets go of its memory; it can't be replayed after that. */
  release(): void {
    for (const buffer of this.held) buffer.release();
  }

  private bad(call: number, position: number, Fault: Fault): never {
    endCall();
    const { name } = this.kernels[call]!;
    throw new Fault(
      "capture",
      `${name} met a bad index or matrix at position ${position}: outside of capture() the error says more`,
    );
  }
}

function refuse(): never {
  throw unlike("an op other than an update");
}

/** Whatever runs again to renew parameters does nothing else. */
const refusals = { call: refuse, cell: refuse, check: refuse, constant: refuse, stream: refuse };

function unlike(name: string): SimdgradError {
  return new SimdgradError("capture", `${name} was not called when this step was recorded`);
}
