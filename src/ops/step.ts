// A call that was recorded, for `capture`: the kernel calls (kernels/recording.ts), the memory that they
// have to themselves (memory/arena.ts), and what a replay must do besides running them: tell them where
// arguments and results lie, see whether what it uses from outside is still there, and leave gradients and
// version counters as a call of the function would.
import { bytesOf } from "../core/dtype.js";
import { CaptureError } from "../core/errors.js";
import { type Layout } from "../core/shape.js";
import { Node, watchGrads } from "../autograd/node.js";
import { currentRevision, recordChanges } from "../autograd/mode.js";
import { allocate, handlesMade, Tensor } from "../autograd/tensor.js";
import { type Copy, Recording } from "../kernels/recording.js";
import { withRecorder } from "../kernels/run.js";
import { Arena, outsideOfArenas } from "../memory/arena.js";
import { type Buffer, watchAddresses } from "../memory/buffer.js";
import { holdAll, use } from "../memory/eviction.js";
import { refusePromise, tidy, untracked } from "../memory/scope.js";
import { copyOf } from "./convert.js";
import { mapTensors } from "./mapTensors.js";
import { Outers } from "./outers.js";
import { type CaptureArgument, type Signature } from "./signature.js";

/** A leaf's gradient: what it was when it was first looked at, what it is in the end. */
interface Grad {
  readonly node: Node;
  /** undefined: replaced before anybody looked. */
  readonly before: Buffer | null | undefined;
  written: boolean;
  after: Buffer | null;
  layout: Layout | null;
}

/** An argument or a result. */
interface Passed {
  /** What `fn` has had or returned: held, so that nobody else gets its memory. */
  readonly inner: Tensor;
  readonly copy: Copy;
}

/** The step that is being recorded. */
let current: Step | null = null;
/** Handles made in `apart` so far. */
let madeApart = 0;

/** What `replay` returns when it can't run. */
export const GONE = Symbol("gone");

/** A recorded call. */
export class Step {
  private readonly arena = new Arena(() => this.release());
  private readonly constants = new Arena(() => this.recording.release());
  private readonly recording = new Recording(this.constants);
  private readonly outers = new Outers();
  private readonly grads = new Map<Node, Grad>();
  /** Those whose old value counts, and those that get another one. */
  private readonly looked: Grad[] = [];
  private readonly written: Grad[] = [];
  /** Handles that belong to the recording. */
  private readonly held: Tensor[] = [];
  private readonly assumed: { readonly value: () => number; readonly now: number }[] = [];
  /** Arguments, then results; null: no tensor, or an empty one. */
  private readonly passed: (Passed | null)[] = [];
  private inputs = 0;
  /** What the last calls have copied of what `fn` has returned. */
  private result: unknown = null;
  private readonly revision = currentRevision();
  /** Nodes with higher numbers are its own. */
  private readonly born = new Node("capture", [], []).seq;
  private isRenewing = false;
  /** False when memory was short while it was recorded: it can't be replayed then. */
  sound = true;

  constructor(private readonly signature: Signature) {}

  fits(args: readonly CaptureArgument[]): boolean {
    return this.signature.fits(args);
  }

  /** Runs `fn` and records it. Returns what it has returned. */
  record(
    fn: (...args: readonly CaptureArgument[]) => unknown,
    args: readonly CaptureArgument[],
  ): unknown {
    try {
      during(this, () =>
        this.arena.during(() =>
          untracked(() => {
            withRecorder(this.recording, () => {
              this.result = tidy(() => {
                const result = fn(...args.map((x) => this.input(x)));
                return mapTensors(refusePromise("capture", result), (x) => this.output(x));
              });
            });
            this.inputs = args.length;
            this.recording.finish(() => this.saveCopies());
          }),
        ),
      );
      this.settle();
      return this.making(
        (result) =>
          mapTensors(result, (x) => {
            if (this.sound) use(this.arena);
            return fresh(x);
          }),
        this.result,
      );
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** A copy of an argument, by the first calls: replays have them read elsewhere. */
  private input(x: CaptureArgument): CaptureArgument {
    const copy = this.recording.copy(0);
    // Where x lies is nothing to remember.
    const watching = watchAddresses((buffer, address) =>
      buffer.isIn(this.arena) ? this.note(buffer, address) : address,
    );
    const source = this.source(x);
    const inner = source ? copyOf("capture", source) : x;
    watchAddresses(watching);
    this.pass(inner, copy);
    return inner;
  }

  /** A copy of a result, by the last calls: replays have them write elsewhere. */
  private output(x: Tensor): Tensor {
    this.pass(x, this.recording.copy(1));
    return this.hold(copyOf("capture", x));
  }

  private pass(inner: CaptureArgument, copy: Copy): void {
    const isPassed = inner instanceof Tensor && inner.numel() > 0;
    this.passed.push(isPassed ? { inner: this.hold(inner), copy } : null);
  }

  /**
   * Has calls read arguments where they lie, and write results where they are to lie, but for arguments that they
   * modify, results that are a part of something or were there before, and what a gradient has, too.
   */
  private saveCopies(): void {
    const known: unknown[] = [...this.grads.values()].map(({ node }) => node.heldGrad?.storage);
    this.passed.forEach((passed, i) => {
      if (passed === null) return;
      const { buffer, layout, dtype } = passed.inner;
      const isPart = layout.size * bytesOf(dtype) < buffer.bytes || !layout.contiguous;
      const isModified = i < this.inputs && buffer.version > 0;
      if (isPart || isModified || known.includes(buffer) || !buffer.isIn(this.arena)) return;
      known.push(buffer);
      this.recording.save(passed.copy, buffer);
    });
  }

  /** x, or a copy where calls can't read it: it is strided, or lies where they may write. null: no tensor. */
  private source(x: CaptureArgument): Tensor | null {
    if (!(x instanceof Tensor)) return null;
    const { layout, buffer } = x;
    if (layout.contiguous && !this.outers.has(buffer) && !buffer.isIn(this.arena)) return x;
    return this.apart(() => copyOf("capture", x));
  }

  /** Another handle on x, for as long as the recording lasts. */
  private hold(x: Tensor): Tensor {
    const own = new Tensor(x.buffer.retain(), x.layout, x.dtype, true);
    own.buffer.holds++;
    this.held.push(own);
    return own;
  }

  /** Told of each change that is no kernel's. Those of what it has not made itself, a replay makes again. */
  noteChange<T extends object>(target: T, again?: (target: T) => void): boolean {
    const isOuter = !(target instanceof Node && target.seq > this.born);
    if (isOuter && again && !this.isRenewing) this.recording.again(() => again(target));
    return isOuter;
  }

  /** Goes on without a recording, for which there is no room. */
  readonly giveUp = (): void => {
    this.sound = false;
    this.arena.dissolve();
  };

  /** Told of each address that is asked for. Returns it, marked where it is of the recording's own memory. */
  note(buffer: Buffer, address: number): number {
    if (buffer.isIn(this.constants)) return address;
    if (buffer.isIn(this.arena)) return this.recording.note(buffer, address);
    this.outers.note(buffer, address);
    return address;
  }

  /** Told of each use of a gradient. */
  noteGrad(node: Node, writes: boolean): void {
    if (node.seq > this.born) return;
    const known = this.grads.get(node);
    if (known !== undefined) {
      known.written ||= writes;
      return;
    }
    const before = writes ? undefined : (node.heldGrad?.buffer ?? null);
    this.grads.set(node, { node, before, written: writes, after: null, layout: null });
  }

  private settle(): void {
    this.outers.settle();
    for (const grad of this.grads.values()) {
      if (grad.before !== undefined) this.looked.push(grad);
      if (!grad.written) continue;
      const held = grad.node.heldGrad;
      grad.after = held?.buffer.retain() ?? null;
      grad.layout = held?.layout ?? null;
      this.written.push(grad);
    }
    this.arena.settle();
  }

  /** Runs `fn`, which may need room: not ours, if there is any other. */
  private making<A, T>(fn: (arg: A) => T, arg: A): T {
    holdAll(this.giveUp);
    try {
      return fn(arg);
    } finally {
      holdAll(null);
    }
  }

  /** Whether a call would find the gradients, and what else it decides by, as the recorded one did. */
  isExpected(): boolean {
    if (this.revision !== currentRevision()) return false;
    for (let i = 0; i < this.assumed.length; i++) {
      const { value, now } = this.assumed[i]!;
      if (value() !== now) return false;
    }
    for (let i = 0; i < this.looked.length; i++) {
      const { node, before } = this.looked[i]!;
      if ((node.heldGrad?.storage ?? null) !== before) return false;
    }
    return true;
  }

  /** Makes the results of a replay, and tells the list where arguments and results lie. */
  private readonly prepare = (told: (Tensor | null)[]): unknown => {
    use(this.arena);
    let i = this.inputs;
    const result = mapTensors(
      this.result,
      ({ layout, dtype }) => (told[i++] = allocate("capture", layout, dtype)),
    );
    for (i = 0; i < told.length; i++) {
      const passed = this.passed[i]!;
      if (passed !== null) this.recording.tell(passed.copy, told[i]!.address());
    }
    return result;
  };

  /**
   * Runs it again. Returns what the function would, or `GONE`, with nothing done, when what it needs has moved or
   * is no more. What else it makes is its caller's to release. As little as can be is left to the collector.
   */
  readonly replay = (args: readonly CaptureArgument[]): unknown => {
    const told = new Array<Tensor | null>(this.passed.length);
    for (let i = 0; i < args.length; i++) told[i] = this.source(args[i]);
    if (!this.arena.resident) return GONE;
    const result = this.making(this.prepare, told);
    if (!this.sound || !this.outers.areThere()) return GONE;
    try {
      this.recording.replay();
    } catch (error) {
      for (const { before, node } of this.written) if (before === undefined) node.setGrad(null);
      throw error;
    } finally {
      // Also where it stopped halfway: what was modified by then counts.
      this.outers.modify();
    }
    for (let i = 0; i < this.written.length; i++) leaveGrad(this.written[i]!);
    return result;
  };

  /** Gives the memory back. */
  discard(): void {
    this.arena.evict();
  }

  private release(): void {
    for (const x of this.held) {
      if (x.storage) x.storage.holds--;
      x.dispose();
    }
    this.outers.release();
    for (const { after } of this.written) after?.release();
    this.constants.evict();
  }

  /** See `renewing`. */
  renew(op: string, operands: readonly Tensor[], fn: (operands: readonly Tensor[]) => void): void {
    // A chain of schedulers renews the rates of each of its parts.
    if (this.isRenewing) return fn(operands);
    const own = operands.map((x) => this.hold(x));
    const before = handlesMade() - madeApart;
    this.isRenewing = true;
    try {
      this.recording.renewing(() => fn(own));
    } finally {
      this.isRenewing = false;
    }
    if (handlesMade() - madeApart === before) return;
    throw new CaptureError(op, "makes tensors in its update: call step() outside of capture()");
  }

  /** See `assuming`. */
  assume(value: () => number): void {
    this.assumed.push({ value, now: value() });
  }

  /** See `apart`. */
  apart<T>(fn: () => T): T {
    const before = handlesMade();
    const result = outsideOfArenas(() => withRecorder(null, fn));
    madeApart += handlesMade() - before;
    return result;
  }
}

/** Runs `fn` while `step` is told what it uses. */
function during(step: Step, fn: () => void): void {
  current = step;
  holdAll(step.giveUp);
  const watching = watchAddresses((buffer, address) => step.note(buffer, address));
  watchGrads((node, writes) => step.noteGrad(node, writes));
  recordChanges((target, again) => step.noteChange(target, again));
  try {
    fn();
  } finally {
    current = null;
    holdAll(null);
    watchAddresses(watching);
    watchGrads(null);
    recordChanges(null);
  }
}

/** The gradient of a leaf as the recorded call left it. */
function leaveGrad({ node, after, layout }: Grad): void {
  if ((node.heldGrad?.storage ?? null) === after) return;
  node.setGrad(after && new Tensor(after.retain(), layout!, "float32", true));
}

/** A copy. */
export function fresh(x: Tensor): Tensor {
  return copyOf("capture", x);
}

/**
 * Runs `fn`, which computes numbers of kernel calls from what changes from step to step (an
 * optimiser's rate and step count), so that a replay computes them anew. It calls kernels and makes no
 * tensors; `operands` are those that may be released after it.
 * @throws CaptureError when it makes tensors inside of `capture`.
 */
export function renewing(
  op: string,
  operands: readonly Tensor[],
  fn: (operands: readonly Tensor[]) => void,
): void {
  if (current === null) fn(operands);
  else current.renew(op, operands, fn);
}

/** Says that what follows depends on `value()`: where it differs, a step is recorded anew. */
export function assuming(value: () => number): void {
  current?.assume(value);
}

/** Runs `fn`, which makes what all later steps use, now and not again when a step is replayed. */
export function apart<T>(fn: () => T): T {
  return current === null ? fn() : current.apart(fn);
}
