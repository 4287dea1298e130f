// Captured training steps against the same steps run as they are: the same bits, step by step.
import { describe, expect, it } from "vitest";
import {
  capture,
  crossEntropy,
  dropout,
  mseLoss,
  noGrad,
  rand,
  randint,
  randn,
  scaledDotProductAttention,
  tensor,
  type Tensor,
} from "../../src/index.js";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { expectSameBits, type Trained } from "./twins.js";

function network(...between: nn.Layer[]): nn.Sequential {
  return new nn.Sequential(new nn.Linear(5, 7), new nn.ReLU(), ...between, new nn.Linear(7, 3));
}

interface Optimizer {
  zeroGrad(): void;
  step(): void;
}

/** zeroGrad, forward, backward, step. */
function classifier(
  model: nn.Sequential,
  optimizer: Optimizer,
  more: Partial<Trained> = {},
): Trained {
  const step: Trained["step"] = (x, y) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x as Tensor), y as Tensor);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { step, watched: () => [...model.parameters(), ...model.buffers()], ...more };
}

const batch = (): Tensor[] => [randn([4, 5]), randint(0, 3, [4])];

const optimizers: Record<string, (params: Iterable<Tensor>) => Optimizer> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.1 }),
  "SGD with momentum": (p) =>
    new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  Adam: (p) => new optim.Adam(p),
  "Adam with amsgrad, climbing": (p) => new optim.Adam(p, { amsgrad: true, maximize: true }),
  AdamW: (p) => new optim.AdamW(p),
  NAdam: (p) => new optim.NAdam(p),
  RAdam: (p) => new optim.RAdam(p, { betas: [0.9, 0.6] }),
  Adamax: (p) => new optim.Adamax(p),
  Adagrad: (p) => new optim.Adagrad(p, { lrDecay: 0.1 }),
  Adadelta: (p) => new optim.Adadelta(p),
  RMSprop: (p) => new optim.RMSprop(p, { momentum: 0.9, centered: true }),
  Lion: (p) => new optim.Lion(p),
};

describe("a captured step has the bits of the step itself", () => {
  it.each(Object.entries(optimizers))("with %s", (_, make) => {
    expectSameBits(() => {
      const model = network();
      return classifier(model, make(model.parameters()));
    }, batch);
  });

  it("with a rate that a program changes, and schedulers outside and inside", () => {
    for (const inside of [false, true]) {
      expectSameBits(() => {
        const model = network();
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
        const scheduler = new optim.ChainedScheduler([
          new optim.StepLR(optimizer, 2),
          new optim.ExponentialLR(optimizer, 0.9),
        ]);
        const { step, ...trained } = classifier(model, optimizer);
        return {
          ...trained,
          step: (...args) => {
            const loss = step(...args);
            if (inside) scheduler.step();
            return loss;
          },
          after: (i) => {
            if (!inside) scheduler.step();
            if (i === 3) optimizer.groups[0]!.lr *= 3;
          },
        };
      }, batch);
    }
  });

  it("with parameters whose steps are counted apart, and more than a call takes", () => {
    const makeTwin = (): Trained => {
      const model = new nn.Sequential(...Array.from({ length: 20 }, () => new nn.Linear(3, 3)));
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
      // One parameter is ahead of the others.
      model.parameters()[3]!.grad = tensor([1, 2, 3]);
      optimizer.step();
      return classifier(model, optimizer);
    };
    expectSameBits(makeTwin, () => [randn([4, 3]), randint(0, 3, [4])]);
  });

  it("with random numbers, forward and backward", () => {
    expectSameBits(() => {
      const model = network(new nn.Dropout(0.3));
      const trained = classifier(model, new optim.SGD(model.parameters(), { lr: 0.1 }));
      return {
        ...trained,
        step: (x, y) => [
          trained.step(dropout(x as Tensor, 0.5), y),
          rand([3]),
          scaledDotProductAttention(
            randn([2, 3, 4]),
            rand([2, 3, 4]),
            (x as Tensor).narrow(0, 0, 3).narrow(1, 0, 4).expand([2, 3, 4]),
            { dropoutP: 0.4 },
          ),
        ],
      };
    }, batch);
  });

  it("with running statistics, and evaluation in between", () => {
    expectSameBits(
      () => {
        const model = network(new nn.BatchNorm1d(7));
        const trained = classifier(model, new optim.SGD(model.parameters(), { lr: 0.1 }));
        const outside = (i: number): void => {
          if (i % 3 === 2) noGrad(() => model.eval().forward(randn([2, 5])));
          model.train(i !== 4);
        };
        return { ...trained, after: outside };
      },
      batch,
      9,
    );
  });

  it("with gradients that are clipped", () => {
    expectSameBits(() => {
      const model = network();
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
      return {
        step: (x, y) => {
          optimizer.zeroGrad();
          crossEntropy(model.forward(x as Tensor), y as Tensor).backward();
          optim.clipGradValue(model.parameters(), 0.3);
          const norm = optim.clipGradNorm(model.parameters(), 0.5);
          optimizer.step();
          return norm;
        },
        watched: () => model.parameters(),
      };
    }, batch);
  });

  it("with a moving average of the weights", () => {
    expectSameBits(() => {
      const model = network();
      const ema = new optim.ExponentialMovingAverage(model.parameters(), { warmUp: true });
      const { step, watched } = classifier(model, new optim.Adam(model.parameters()));
      return {
        step: (...args) => {
          const loss = step(...args);
          ema.update();
          return loss;
        },
        watched: () => [...watched(), ...ema.averages],
      };
    }, batch);
  });

  it("where gradients add up over several calls", () => {
    expectSameBits(
      () => {
        const model = network();
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
        return {
          step: (x, y) => {
            const loss = crossEntropy(model.forward(x as Tensor), y as Tensor);
            loss.backward();
            return loss;
          },
          watched: () => model.parameters(),
          after: (i) => {
            if (i % 3 !== 2) return;
            optimizer.step();
            optimizer.zeroGrad();
          },
        };
      },
      batch,
      14,
    );
  });

  it("where gradients are cleared at the end, and where a program clears them", () => {
    for (const inside of [true, false]) {
      expectSameBits(() => {
        const model = network();
        const optimizer = new optim.Adam(model.parameters());
        return {
          step: (x, y) => {
            const loss = crossEntropy(model.forward(x as Tensor), y as Tensor);
            loss.backward();
            optimizer.step();
            if (inside) optimizer.zeroGrad();
            return loss;
          },
          watched: () => model.parameters(),
          after: () => {
            if (!inside) for (const p of model.parameters()) p.grad = null;
          },
        };
      }, batch);
    }
  });

  it("for batches of several shapes, other numbers and strings, and none", () => {
    expectSameBits(
      () => {
        const w = randn([3], { requiresGrad: true });
        return {
          step: (x, scale, how, none) => {
            w.grad = null;
            const y = (x as Tensor).mul(w).mul(scale as number);
            const loss = how === "sum" ? y.sum() : y.mean();
            loss.backward();
            return { loss, y, none, scale, sizes: [y.shape[0], how] };
          },
          watched: () => [w],
        };
      },
      (i) => [randn([1 + (i % 2), 3]), i % 3, i % 5 < 3 ? "sum" : "mean", i % 2 ? null : undefined],
      40,
    );
  });

  it("for arguments that are views, integers and booleans", () => {
    expectSameBits(
      () => ({
        step: (x, index, mask) => [
          (x as Tensor).indexSelect(0, index as Tensor).add(x as Tensor),
          (x as Tensor).maskedFill(mask as Tensor, 7),
        ],
        watched: () => [],
      }),
      () => [randn([3, 4]).t().narrow(0, 1, 3), randint(0, 3, [3]), randn([3, 3]).gt(0)],
    );
  });

  it("with constants, also when they are modified", () => {
    expectSameBits(
      () => ({
        step: (x) => {
          const sum = tensor([1, 2, 3]);
          sum.add_(x as Tensor);
          return [sum, tensor([true, false]), tensor(7, { dtype: "int32" }), sum.add(0.5)];
        },
        watched: () => [],
      }),
      () => [randn([3])],
    );
  });

  it("with second derivatives", () => {
    expectSameBits(
      () => {
        const w = randn([3], { requiresGrad: true });
        return {
          step: (x) => {
            w.grad = null;
            const loss = w
              .mul(x as Tensor)
              .tanh()
              .sum();
            loss.backward(null, { createGraph: true });
            const penalty = w.grad!.square().sum();
            w.grad = null;
            penalty.backward();
            return [loss, penalty];
          },
          watched: () => [w],
        };
      },
      () => [randn([3])],
    );
  });
});

describe("captured models", () => {
  const models: Record<string, [make: () => nn.Layer & nn.Module, input: () => Tensor]> = {
    convolutions: [
      () =>
        new nn.Sequential(
          new nn.Conv2d(1, 3, 3, { padding: 1 }),
          new nn.ReLU(),
          new nn.MaxPool2d(2),
          new nn.Flatten(),
          new nn.Linear(27, 2),
        ),
      () => randn([2, 1, 6, 6]),
    ],
    "a transformer layer": [
      () => new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 12, batchFirst: true }),
      () => randn([2, 5, 8]),
    ],
  };

  it.each(Object.entries(models))("train: %s", (_, [make, input]) => {
    expectSameBits(
      () => {
        const model = make();
        const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
        return {
          step: (x) => {
            optimizer.zeroGrad();
            const y = model.forward(x as Tensor);
            const loss = mseLoss(y, y.detach().mul(0.5));
            loss.backward();
            optimizer.step();
            return [y, loss];
          },
          watched: () => model.parameters(),
        };
      },
      () => [input()],
    );
  });

  it("train: an embedding, an LSTM and a head", () => {
    expectSameBits(
      () => {
        const [table, lstm, head] = [
          new nn.Embedding(9, 4),
          new nn.LSTM(4, 6),
          new nn.Linear(6, 9),
        ];
        const params = [table, lstm, head].flatMap((m) => [...m.parameters()]);
        const optimizer = new optim.Adam(params);
        return {
          step: (words) => {
            optimizer.zeroGrad();
            const { output } = lstm.forward(table.forward(words as Tensor));
            const loss = crossEntropy(
              head.forward(output).flatten(0, 1),
              (words as Tensor).flatten(),
            );
            loss.backward();
            optimizer.step();
            return loss;
          },
          watched: () => params,
        };
      },
      () => [randint(0, 9, [3, 2])],
    );
  });
});

describe("capture", () => {
  it("is part of the capture around it", () => {
    const inner = capture((x: Tensor) => x.mul(2));
    const outer = capture((x: Tensor) => inner(x).add(1));
    for (let i = 0; i < 4; i++) expect(outer(tensor([i])).toArray()).toEqual([2 * i + 1]);
    expect(inner(tensor([5])).toArray()).toEqual([10]);
  });

  it("gives results of their own", () => {
    const twice = capture((x: Tensor) => x.mul(2));
    const results = Array.from({ length: 5 }, (_, i) => twice(tensor([i])));
    expect(results.map((x) => x.item())).toEqual([0, 2, 4, 6, 8]);
  });
});
