// Schedulers made of schedulers: one after the other, or all at once.
import { ValueError } from "../core/errors.js";
import { checkMilestones, type Scheduled, Scheduler } from "./scheduler.js";

function checkOne(
  op: string,
  optimizer: Scheduled | undefined,
  all: readonly Scheduler[],
): Scheduled {
  if (optimizer === undefined || all.length === 0 || all.some((s) => s.optimizer !== optimizer)) {
    throw new ValueError(op, "takes schedulers, all of them of one optimiser");
  }
  return optimizer;
}

/** One scheduler after the other: the next one starts, from its own epoch 0, at each milestone. */
export class SequentialLR extends Scheduler<{ milestones: number[] }> {
  /** @param milestones the epochs in which the second scheduler takes over, the third, ... */
  constructor(
    optimizer: Scheduled,
    schedulers: readonly Scheduler[],
    milestones: readonly number[],
  ) {
    const name = "SequentialLR";
    checkOne(name, optimizer, schedulers);
    const turns = schedulers.length - 1;
    if (milestones.length !== turns) {
      throw new ValueError(name, `takes ${turns} milestones: got ${milestones.length}`);
    }
    super(name, optimizer, { milestones: checkMilestones(name, milestones) }, {}, schedulers);
    this.restart();
  }

  restart(onTop = false): void {
    this.state.lastEpoch = 0;
    // The constructors of the others have moved the rates.
    if (!onTop) this.reset();
    this.schedulers[0]!.restart(true);
    this.note();
  }

  protected advance(metric?: number): void {
    const t = ++this.state.lastEpoch;
    const { milestones } = this.options;
    const turn = milestones.filter((m) => m <= t).length;
    const scheduler = this.schedulers[turn]!;
    const since = milestones[turn - 1]!;
    // As PyTorch: one whose turn was from the start takes over the first one's rate.
    if (since === t || since + t === 1) scheduler.restart(since === 0);
    else scheduler.step(metric);
  }
}

/** All schedulers at once: each multiplies the rate that the one before has left. */
export class ChainedScheduler extends Scheduler {
  constructor(schedulers: readonly Scheduler[]) {
    const name = "ChainedScheduler";
    super(name, checkOne(name, schedulers[0]?.optimizer, schedulers), {}, {}, schedulers);
    this.state.lastEpoch = 0;
  }

  restart(onTop = false): void {
    this.state.lastEpoch = 0;
    if (!onTop) this.reset();
    for (const scheduler of this.schedulers) scheduler.restart(true);
    this.note();
  }

  protected advance(metric?: number): void {
    this.state.lastEpoch++;
    for (const scheduler of this.schedulers) scheduler.step(metric);
  }
}
