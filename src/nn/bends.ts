// Activations as modules, those of src/ops/bends.ts. Each calls the op of the same name.
import type { Tensor } from "../autograd/tensor.js";
import { misfit } from "../core/shape.js";
import {
  celu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  logsigmoid,
  mish,
  prelu,
  relu6,
  rrelu,
  selu,
  softmin,
  softshrink,
  softsign,
  tanhshrink,
  threshold,
} from "../ops/bends.js";
import { softmax } from "../ops/softmax.js";
import { constant_ } from "./init.js";
import { parameter } from "./layers.js";
import { type Parameter } from "./module.js";
import { PlainLayer } from "./plain.js";

/** x limited to [0, 6]. */
export class ReLU6 extends PlainLayer {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** (x + 3) / 6 limited to [0, 1]. */
export class Hardsigmoid extends PlainLayer {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** x hardsigmoid(x). */
export class Hardswish extends PlainLayer {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** x tanh(softplus(x)). */
export class Mish extends PlainLayer {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** Scaled elu that keeps mean and variance. */
export class SELU extends PlainLayer {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** x / (1 + |x|). */
export class Softsign extends PlainLayer {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** x - tanh(x). */
export class Tanhshrink extends PlainLayer {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/** ln sigmoid(x). */
export class LogSigmoid extends PlainLayer {
  forward(x: Tensor): Tensor {
    return logsigmoid(x);
  }
}

/** x limited to [min, max]. */
export class Hardtanh extends PlainLayer {
  constructor(
    readonly min = -1,
    readonly max = 1,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return hardtanh(x, this.min, this.max);
  }
}

/** x where x > 0, else alpha (e^(x / alpha) - 1). */
export class CELU extends PlainLayer {
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return celu(x, this.alpha);
  }
}

/** The first half of a dim times the sigmoid of the second. */
export class GLU extends PlainLayer {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return glu(x, this.dim);
  }
}

/** x moved by lambd towards 0. */
export class Softshrink extends PlainLayer {
  constructor(readonly lambd = 0.5) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softshrink(x, this.lambd);
  }
}

/** x, but 0 where |x| <= lambd. */
export class Hardshrink extends PlainLayer {
  constructor(readonly lambd = 0.5) {
    super();
  }

  forward(x: Tensor): Tensor {
    return hardshrink(x, this.lambd);
  }
}

/** x, but value where x <= threshold. */
export class Threshold extends PlainLayer {
  constructor(
    readonly threshold: number,
    readonly value: number,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }
}

/** softmax(-x) along a dim. */
export class Softmin extends PlainLayer {
  constructor(readonly dim: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softmin(x, this.dim);
  }
}

/** Softmax over the channels of [N, C, H, W] or [C, H, W]. */
export class Softmax2d extends PlainLayer {
  forward(x: Tensor): Tensor {
    if (x.ndim !== 3 && x.ndim !== 4) misfit("Softmax2d", "x must be [N, C, H, W] or [C, H, W]", x);
    return softmax(x, -3);
  }
}

/** x where x > 0, else x times a learned weight: one of all, or one for each channel (dim 1). */
export class PReLU extends PlainLayer {
  /** [numParameters] */
  declare weight: Parameter;

  constructor(numParameters = 1, init = 0.25) {
    super();
    this.weight = parameter([numParameters]);
    constant_(this.weight, init);
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}

/** x where x > 0, else x times a slope: drawn from [lower, upper] in training, their mean otherwise. */
export class RReLU extends PlainLayer {
  constructor(
    readonly lower = 1 / 8,
    readonly upper = 1 / 3,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return rrelu(x, { lower: this.lower, upper: this.upper, training: this.training });
  }
}
