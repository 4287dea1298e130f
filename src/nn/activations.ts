// Activations as modules. Each calls the op of the same name.
import type { Tensor } from "../autograd/tensor.js";
import {
  elu,
  gelu,
  type GeluOptions,
  leakyRelu,
  relu,
  silu,
  softplus,
} from "../ops/activations.js";
import { sigmoid, tanh } from "../ops/math.js";
import { logSoftmax, softmax } from "../ops/softmax.js";
import { PlainLayer } from "./plain.js";

/** max(x, 0). */
export class ReLU extends PlainLayer {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** max(x, 0) + negativeSlope min(x, 0). */
export class LeakyReLU extends PlainLayer {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

/** x where x > 0, else alpha (e^x - 1). */
export class ELU extends PlainLayer {
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/** x times the normal distribution function of x. */
export class GELU extends PlainLayer {
  constructor(readonly options: GeluOptions = {}) {
    super();
  }

  forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }
}

/** x sigmoid(x). */
export class SiLU extends PlainLayer {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** 1 / (1 + e^-x). */
export class Sigmoid extends PlainLayer {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends PlainLayer {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** ln(1 + e^(beta x)) / beta; x itself where beta x is above the threshold. */
export class Softplus extends PlainLayer {
  constructor(
    readonly beta = 1,
    readonly threshold = 20,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }
}

/** e^x over its sum along a dim. */
export class Softmax extends PlainLayer {
  constructor(readonly dim: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }
}

/** The logarithm of softmax along a dim. */
export class LogSoftmax extends PlainLayer {
  constructor(readonly dim: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }
}
