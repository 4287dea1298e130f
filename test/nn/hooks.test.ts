// Hooks, apply and toString of modules.
import { describe, expect, it } from "vitest";
import {
  capture,
  grad,
  GradError,
  nn,
  noGrad,
  ones,
  type Tensor,
  tensor,
  ValueError,
} from "../../src/index.js";

const ones23 = (): Tensor => ones([2, 3], { requiresGrad: true });

describe("forward hooks", () => {
  it("see module, inputs and output, in the order of their registration", () => {
    const layer = new nn.Linear(3, 2);
    const seen: unknown[] = [];
    layer.registerForwardPreHook((module, inputs) => void seen.push("pre", module, inputs.length));
    layer.registerForwardHook((module, [x], y) => {
      seen.push("post", module, (x as Tensor).shape, (y as Tensor).shape);
    });
    layer.forward(ones23());
    expect(seen).toEqual(["pre", layer, 1, "post", layer, [2, 3], [2, 2]]);
  });

  it("replace inputs and output", () => {
    const layer = new nn.Identity();
    layer.registerForwardPreHook((_, [x]) => [(x as Tensor).mul(2)]);
    layer.registerForwardHook((_, __, y) => (y as Tensor).add(1));
    expect(layer.forward(tensor([1, 2])).toArray()).toEqual([3, 5]);
  });

  it("are called through Sequential, and removed without a trace", () => {
    const model = new nn.Sequential(new nn.Linear(3, 3), new nn.ReLU());
    const [first] = model.layers;
    let calls = 0;
    const kept: Tensor[] = [];
    const off = first!.registerForwardHook((_, __, y) => {
      calls++;
      kept.push(y as Tensor);
    });
    model.forward(ones23());
    // What a hook has seen it may keep: Sequential doesn't release it.
    expect(kept[0]!.isDisposed).toBe(false);
    expect(Object.hasOwn(first!, "forward")).toBe(true);
    off();
    off();
    model.forward(ones23());
    expect([calls, Object.hasOwn(first!, "forward")]).toEqual([1, false]);
    expect(Object.keys(model.stateDict())).toEqual(["0.weight", "0.bias"]);
  });
});

describe("a hook that returns a promise is refused", () => {
  const later = (): Promise<void> => Promise.resolve();
  const refused = "must be synchronous: it returned a promise";

  it.each<["registerForwardPreHook" | "registerForwardHook"]>([
    ["registerForwardPreHook"],
    ["registerForwardHook"],
  ])("%s, until it is gone", (name) => {
    const layer = new nn.Tanh();
    const off = layer[name](later as never);
    expect(() => layer.forward(ones23())).toThrow(ValueError);
    expect(() => layer.forward(ones23())).toThrow(`[${name}] fn ${refused}`);
    off();
    expect(layer.forward(ones23()).shape).toEqual([2, 3]);
  });

  it("in a backward", () => {
    const layer = new nn.Tanh();
    layer.registerFullBackwardHook(later as never);
    const loss = layer.forward(ones23()).sum();
    expect(() => loss.backward()).toThrow(ValueError);
  });
});

describe("backward hooks", () => {
  it("see the gradients of inputs and output", () => {
    const layer = new nn.Tanh();
    const seen: unknown[] = [];
    layer.registerFullBackwardHook((module, gradInputs, gradOutput) => {
      seen.push(
        module,
        gradInputs.map((g) => g?.toArray()),
        gradOutput.toArray(),
      );
    });
    const x = tensor([0, 0], { requiresGrad: true });
    layer.forward(x).mul(3).sum().backward();
    expect(seen).toEqual([layer, [[3, 3]], [3, 3]]);
    expect(x.grad!.toArray()).toEqual([3, 3]);
  });

  it("replace the gradient of the only input", () => {
    const layer = new nn.Identity();
    layer.registerFullBackwardHook((_, [g]) => g!.mul(10));
    const x = tensor([1, 2], { requiresGrad: true });
    layer.forward(x).sum().backward();
    expect(x.grad!.toArray()).toEqual([10, 10]);
  });

  it("wait for all inputs, and replace none of several", () => {
    const layer = new nn.Bilinear(2, 3, 1);
    const seen: number[] = [];
    const off = layer.registerFullBackwardHook((_, grads) => void seen.push(grads.length));
    const [a, b] = [ones([1, 2], { requiresGrad: true }), ones([1, 3], { requiresGrad: true })];
    layer.forward(a, b).sum().backward();
    expect(seen).toEqual([2]);
    off();
    layer.registerFullBackwardHook((_, [g]) => g!);
    expect(() => layer.forward(a, b).sum().backward()).toThrow(GradError);
  });

  it("run where no input needs a gradient", () => {
    const layer = new nn.Linear(3, 2);
    const seen: unknown[] = [];
    layer.registerFullBackwardHook((_, grads, g) => void seen.push(grads, g.shape));
    layer
      .forward(ones([2, 3]))
      .sum()
      .backward();
    expect(seen).toEqual([[null], [2, 2]]);
  });
});

describe("backward hooks where inputs and output do not hang together", () => {
  /** Twice a; b and the parameter take no part, or all the part. */
  class Part extends nn.Module {
    aux: Tensor | null = null;
    own = new nn.Parameter(ones([2]));
    constructor(readonly uses: "a" | "none") {
      super();
    }
    forward(a: Tensor, _b: Tensor): Tensor {
      this.aux = a.mul(5);
      return this.uses === "a" ? a.mul(2) : this.own.mul(3);
    }
  }
  const pair = (): [Tensor, Tensor] => [
    tensor([1, 2], { requiresGrad: true }),
    tensor([3, 4], { requiresGrad: true }),
  ];

  it("give 0 for an input that the output does not depend on, in each backward", () => {
    const module = new Part("a");
    const seen: unknown[] = [];
    module.registerFullBackwardHook((_, grads, g) => {
      seen.push(
        grads.map((t) => t?.toArray()),
        g.toArray(),
      );
    });
    const [a, b] = pair();
    const loss = module.forward(a, b).sum();
    loss.backward(null, { retainGraph: true });
    loss.backward();
    const once = [
      [
        [2, 2],
        [0, 0],
      ],
      [1, 1],
    ];
    expect(seen).toEqual([...once, ...once]);
    expect([a.grad!.toArray(), b.grad!.toArray()]).toEqual([
      [4, 4],
      [0, 0],
    ]);
  });

  it("are not called where the output depends on no input, or is passed by", () => {
    let calls = 0;
    const [a, b] = pair();
    const none = new Part("none");
    none.registerFullBackwardHook(() => void calls++);
    none.forward(a, b).sum().backward();
    expect(none.own.grad!.toArray()).toEqual([3, 3]);
    const part = new Part("a");
    part.registerFullBackwardHook(() => void calls++);
    part.forward(a, b);
    part.aux!.sum().backward();
    expect([calls, a.grad!.toArray()]).toEqual([0, [5, 5]]);
  });

  it("refuse an output that is no tensor", () => {
    const lstm = new nn.LSTM(3, 2);
    lstm.registerFullBackwardHook(() => undefined);
    expect(() => lstm.forward(ones23())).toThrow(GradError);
    expect(() => lstm.forward(ones23())).toThrow(/the output must be a tensor: got object/);
    expect(noGrad(() => lstm.forward(ones23())).output.shape).toEqual([2, 2]);
  });

  it("are not there in noGrad", () => {
    const layer = new nn.Tanh();
    layer.registerFullBackwardHook(() => undefined);
    expect(noGrad(() => layer.forward(ones23())).requiresGrad).toBe(false);
  });

  it("let second derivatives through, and refuse to replace what no input needs", () => {
    const layer = new nn.Tanh();
    let calls = 0;
    layer.registerFullBackwardHook(() => void calls++);
    const x = tensor(0.5, { requiresGrad: true });
    const [dx] = grad(layer.forward(x), x, { createGraph: true });
    const [ddx] = grad(dx!, x);
    expect(ddx!.item()).toBeCloseTo(-2 * Math.tanh(0.5) * (1 - Math.tanh(0.5) ** 2), 6);
    expect(calls).toBe(1);
    const linear = new nn.Linear(3, 2);
    linear.registerFullBackwardHook((_, __, g) => g);
    expect(() =>
      linear
        .forward(ones([2, 3]))
        .sum()
        .backward(),
    ).toThrow(/replace the gradient of one input: 0 of them/);
  });
});

describe("apply and toString", () => {
  it("apply visits children first", () => {
    const model = new nn.Sequential(new nn.Linear(3, 2), new nn.Sequential(new nn.ReLU()));
    const seen: string[] = [];
    expect(model.apply((m) => seen.push(m.constructor.name))).toBe(model);
    expect(seen).toEqual(["Linear", "ReLU", "Sequential", "Sequential"]);
    expect(model.modules().length).toBe(4);
    expect(model.children().length).toBe(2);
  });

  it("toString shows the tree, settings and shapes", () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1, bias: false }),
      new nn.Sequential(new nn.LeakyReLU(0.2)),
      new nn.BatchNorm2d(4),
      new nn.ConvTranspose2d(4, 2, 3, { stride: 2 }),
    );
    expect(String(model)).toBe(
      [
        "Sequential(",
        "  (0): Conv2d(weight=[4,1,3,3], padding=1, paddingMode=zeros)",
        "  (1): Sequential(",
        "    (0): LeakyReLU(negativeSlope=0.2)",
        "  )",
        "  (2): BatchNorm2d(weight=[4], bias=[4], runningMean=[4], runningVar=[4], numBatchesTracked=[], eps=0.00001, momentum=0.1)",
        "  (3): ConvTranspose2d(weight=[4,2,3,3], bias=[2], stride=2)",
        ")",
      ].join("\n"),
    );
  });
});

describe("what a program keeps", () => {
  const x = ones([3, 2, 4]);
  const layer = () => new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0 });

  it("is there after a Transformer's forward: a hook's, a layer's, an activation's", () => {
    const kept: Tensor[] = [];
    const keep = (t: Tensor): Tensor => (kept.push(t), t);
    const encoder = new nn.TransformerEncoder(layer(), 2);
    encoder.layers[0]!.registerForwardHook((_, __, y) => void keep(y as Tensor));
    encoder.layers[1]!.selfAttn.outProj.registerForwardHook((_, [x]) => void keep(x as Tensor));
    encoder.forward(x);
    class Own extends nn.TransformerEncoderLayer {
      override forward(x: Tensor): Tensor {
        return keep(super.forward(x));
      }
    }
    new nn.TransformerEncoder(new Own(4, 2, { dropout: 0 }), 2).forward(x);
    const options = { dropout: 0, activation: (t: Tensor) => keep(t.relu()) };
    new nn.TransformerEncoderLayer(4, 2, options).forward(x);
    expect(kept.map((t) => t.isDisposed)).toEqual([false, false, false, false, false]);
  });

  it("is there after a summary", () => {
    class Masked extends nn.Module {
      mask: Tensor | null = null;
      forward(x: Tensor): Tensor {
        return x.mul((this.mask ??= ones([4])));
      }
    }
    const model = new Masked();
    nn.summary(model, [3, 4]);
    expect(
      model
        .forward(ones([3, 4]))
        .sum()
        .item(),
    ).toBe(12);
  });
});

describe("a hook that was removed", () => {
  it("leaves the same function alone where it was registered another time", () => {
    const layer = new nn.Identity();
    const double = (_: nn.Module, __: unknown[], y: unknown): Tensor => (y as Tensor).mul(2);
    const off = layer.registerForwardHook(double);
    layer.registerForwardHook(double);
    const run = capture((x: Tensor) => layer.forward(x).add(0));
    for (let i = 0; i < 3; i++) expect(run(ones([1])).item()).toBe(4);
    for (let i = 0; i < 2; i++) {
      off();
      expect(layer.forward(ones([1])).item()).toBe(2);
      expect(run(ones([1])).item()).toBe(2);
    }
  });

  it("takes no other with it when it is removed once more", () => {
    const module = new nn.Linear(2, 1);
    let calls = 0;
    const off = module.registerForwardHook(() => undefined);
    off();
    module.registerForwardHook(() => void calls++);
    off();
    module.forward(ones([1, 2]));
    expect(calls).toBe(1);
  });

  it("leaves a forward that is the module's own property", () => {
    class Own extends nn.Module {
      override forward = (x: Tensor): Tensor => x;
    }
    const module = new Own();
    module.registerForwardHook(() => undefined)();
    const one = ones([1]);
    expect(module.forward(one)).toBe(one);
  });
});
