// Layers that pad the last one, two or three dims: PyTorch's, each a mode of `pad`. They have no parameters.
import { ValueError } from "../core/errors.js";
import type { Shape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { unflatten } from "../ops/dims.js";
import { pad, type PadOptions } from "../ops/padding.js";
import { PlainLayer } from "./plain.js";

/** A number for all sides, or one for each: [before, after] of the last dim, then of the one before it. */
export type Padding = number | readonly number[];

abstract class Pad extends PlainLayer {
  /** As `pad` takes it. */
  declare readonly padding: readonly number[];

  constructor(
    padding: Padding,
    dims: number,
    private readonly options: PadOptions = {},
  ) {
    super();
    const sides = typeof padding === "number" ? new Array<number>(2 * dims).fill(padding) : padding;
    if (sides.length !== 2 * dims || !sides.every(Number.isInteger)) {
      throw new ValueError(
        "padding",
        `a layer takes an integer or ${2 * dims} of them: got ${String(padding)}`,
      );
    }
    this.padding = sides;
  }

  forward(x: Tensor): Tensor {
    return pad(x, this.padding, this.options);
  }
}

/** Zeros around the last dim: a number for all sides, or [left, right]. */
export class ZeroPad1d extends Pad {
  constructor(padding: Padding) {
    super(padding, 1);
  }
}

/** Zeros around the last two dims: a number for all sides, or [left, right, top, bottom]. */
export class ZeroPad2d extends Pad {
  constructor(padding: Padding) {
    super(padding, 2);
  }
}

/** Zeros around the last three dims: a number for all sides, or [left, right, top, bottom, front, back]. */
export class ZeroPad3d extends Pad {
  constructor(padding: Padding) {
    super(padding, 3);
  }
}

/** `value` around the last dim: a number for all sides, or [left, right]. */
export class ConstantPad1d extends Pad {
  constructor(padding: Padding, value: number) {
    super(padding, 1, { value });
  }
}

/** `value` around the last two dims: a number for all sides, or [left, right, top, bottom]. */
export class ConstantPad2d extends Pad {
  constructor(padding: Padding, value: number) {
    super(padding, 2, { value });
  }
}

/** `value` around the last three dims: a number for all sides, or [left, right, top, bottom, front, back]. */
export class ConstantPad3d extends Pad {
  constructor(padding: Padding, value: number) {
    super(padding, 3, { value });
  }
}

/** Mirrors the last dim at its edges: a number for all sides, or [left, right]. */
export class ReflectionPad1d extends Pad {
  constructor(padding: Padding) {
    super(padding, 1, { mode: "reflect" });
  }
}

/** Mirrors the last two dims at their edges: a number for all sides, or [left, right, top, bottom]. */
export class ReflectionPad2d extends Pad {
  constructor(padding: Padding) {
    super(padding, 2, { mode: "reflect" });
  }
}

/** Mirrors the last three dims at their edges: a number for all sides, or [left, right, top, bottom, front, back]. */
export class ReflectionPad3d extends Pad {
  constructor(padding: Padding) {
    super(padding, 3, { mode: "reflect" });
  }
}

/** Repeats the edges of the last dim: a number for all sides, or [left, right]. */
export class ReplicationPad1d extends Pad {
  constructor(padding: Padding) {
    super(padding, 1, { mode: "replicate" });
  }
}

/** Repeats the edges of the last two dims: a number for all sides, or [left, right, top, bottom]. */
export class ReplicationPad2d extends Pad {
  constructor(padding: Padding) {
    super(padding, 2, { mode: "replicate" });
  }
}

/** Repeats the edges of the last three dims: a number for all sides, or [left, right, top, bottom, front, back]. */
export class ReplicationPad3d extends Pad {
  constructor(padding: Padding) {
    super(padding, 3, { mode: "replicate" });
  }
}

/** Wraps the last dim round: a number for all sides, or [left, right]. */
export class CircularPad1d extends Pad {
  constructor(padding: Padding) {
    super(padding, 1, { mode: "circular" });
  }
}

/** Wraps the last two dims round: a number for all sides, or [left, right, top, bottom]. */
export class CircularPad2d extends Pad {
  constructor(padding: Padding) {
    super(padding, 2, { mode: "circular" });
  }
}

/** Wraps the last three dims round: a number for all sides, or [left, right, top, bottom, front, back]. */
export class CircularPad3d extends Pad {
  constructor(padding: Padding) {
    super(padding, 3, { mode: "circular" });
  }
}

/** Splits a dim into several; one size may be -1. */
export class Unflatten extends PlainLayer {
  constructor(
    readonly dim: number,
    readonly sizes: Shape,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return unflatten(x, this.dim, this.sizes);
  }
}
