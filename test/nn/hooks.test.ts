// Hooks, apply and toString of modules.
import { describe, expect, it } from "vitest";
import { GradError, nn, ones, type Tensor, tensor } from "../../src/index.js";

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
    );
    expect(String(model)).toBe(
      [
        "Sequential(",
        "  (0): Conv2d(weight=[4,1,3,3], padding=1, paddingMode=zeros)",
        "  (1): Sequential(",
        "    (0): LeakyReLU(negativeSlope=0.2)",
        "  )",
        "  (2): BatchNorm2d(weight=[4], bias=[4], runningMean=[4], runningVar=[4], numBatchesTracked=[], eps=0.00001, momentum=0.1)",
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
