// Module as a user meets it: what is found by assignment, under which names, and what train(),
// loadStateDict and freezing do to it.
import { describe, expect, it } from "vitest";
import {
  allclose,
  DisposedError,
  DTypeError,
  embedding,
  GradError,
  linear,
  nn,
  noGrad,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";

class Block extends nn.Module {
  linear = new nn.Linear(2, 2);
  outScale = new nn.Parameter(ones([2]));
  forward(x: Tensor): Tensor {
    return this.linear.forward(x).mul(this.outScale);
  }
}

class Net extends nn.Module {
  blocks = [new Block(), new Block()];
  head = new nn.Sequential(new nn.Linear(2, 3), new nn.Dropout(), new nn.BatchNorm1d(3));
  temperature = new nn.Parameter(tensor(1));
  biases = [new nn.Parameter(zeros([1])), new nn.Parameter(zeros([2]))];
  /** Neither learned nor state. */
  table = randn([4]);
  label = "net";
  forward(x: Tensor): Tensor {
    return this.head.forward(this.blocks.reduce((h, block) => block.forward(h), x));
  }
}

const PARAMETERS = [
  ...["temperature", "biases.0", "biases.1"],
  ...["blocks.0.out_scale", "blocks.0.linear.weight", "blocks.0.linear.bias"],
  ...["blocks.1.out_scale", "blocks.1.linear.weight", "blocks.1.linear.bias"],
  ...["head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"],
];
const BUFFERS = ["head.2.running_mean", "head.2.running_var", "head.2.num_batches_tracked"];

const names = (entries: readonly [string, unknown][]): string[] => entries.map(([name]) => name);

describe("what a module finds", () => {
  it("finds parameters in properties, arrays, nested modules and Sequential, own ones first", () => {
    const net = new Net();
    expect(names(net.namedParameters())).toEqual(PARAMETERS);
    expect(net.parameters()).toEqual(net.namedParameters().map(([, p]) => p));
    expect(net.parameters().every((p) => p.requiresGrad && p.isLeaf)).toBe(true);
  });

  it("finds buffers, and puts both into the state dict, the tensors themselves", () => {
    const net = new Net();
    expect(names(net.namedBuffers())).toEqual(BUFFERS);
    const state = net.stateDict();
    expect(Object.keys(state)).toEqual([...PARAMETERS, ...BUFFERS]);
    expect(state["temperature"]).toBe(net.temperature);
    expect(state["head.2.num_batches_tracked"]!.dtype).toBe("int32");
    expect(state["head.2.num_batches_tracked"]!.shape).toEqual([]);
  });

  it("sees what is assigned or replaced later", () => {
    const net = new Block() as Block & { extra?: nn.Parameter };
    net.extra = new nn.Parameter(zeros([1]));
    net.linear = new nn.Linear(2, 2, { bias: false });
    expect(names(net.namedParameters())).toEqual(["out_scale", "extra", "linear.weight"]);
  });

  it("lists a shared parameter once, its state under every name", () => {
    class Tied extends nn.Module {
      encoder = new nn.Linear(3, 3, { bias: false });
      decoder = new nn.Linear(3, 3, { bias: false });
      again = this.encoder;
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const net = new Tied();
    net.decoder.weight = net.encoder.weight;
    expect(names(net.namedParameters())).toEqual(["encoder.weight"]);
    expect(Object.keys(net.stateDict())).toEqual([
      "encoder.weight",
      "decoder.weight",
      "again.weight",
    ]);
    expect(names(net.namedModules())).toEqual(["", "encoder", "decoder"]);
  });

  it("trains a tied weight by what each of its layers adds to the gradient", () => {
    const table = new nn.Embedding(5, 3);
    const output = new nn.Linear(3, 5, { bias: false });
    output.weight = table.weight;
    const ids = tensor(Int32Array.of(4, 0, 4));
    output.forward(table.forward(ids)).square().sum().backward();
    const [inner, outer] = [0, 1].map(() => table.weight.detach().clone());
    inner!.requiresGrad = outer!.requiresGrad = true;
    linear(embedding(ids, inner!), outer!).square().sum().backward();
    const wanted = inner!.grad!.add(outer!.grad!);
    expect(allclose(table.weight.grad!, wanted)).toBe(true);
    expect(allclose(inner!.grad!, wanted)).toBe(false);
  });

  it("bears a child that knows its parent", () => {
    class Child extends nn.Module {
      weight = new nn.Parameter(zeros([1]));
      constructor(readonly parent: nn.Module) {
        super();
      }
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    class Parent extends nn.Module {
      child = new Child(this);
      again = this.child;
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const net = new Parent();
    expect(Object.keys(net.stateDict())).toEqual(["child.weight", "again.weight"]);
    expect(net.eval().child.training).toBe(false);
    const seen: nn.Module[] = [];
    net.apply((m) => void seen.push(m));
    expect(seen).toEqual([net.child, net]);
    const child = ["Child(weight=[1]", "    (parent): Parent(...)", "  )"].join("\n");
    expect(String(net)).toBe(`Parent(\n  (child): ${child}\n  (again): ${child}\n)`);
  });

  it("names the children and all modules below", () => {
    const net = new Net();
    expect(names(net.namedChildren())).toEqual(["blocks.0", "blocks.1", "head"]);
    expect(names(net.namedModules())).toEqual([
      ...["", "blocks.0", "blocks.0.linear", "blocks.1", "blocks.1.linear"],
      ...["head", "head.0", "head.1", "head.2"],
    ]);
  });
});

describe("train and eval", () => {
  it("reach every module below and return the module", () => {
    const net = new Net();
    const modes = (): boolean[] => net.namedModules().map(([, m]) => m.training);
    expect(modes().every((on) => on)).toBe(true);
    expect(net.eval()).toBe(net);
    expect(modes().some((on) => on)).toBe(false);
    expect(net.train()).toBe(net);
    expect(modes().every((on) => on)).toBe(true);
    net.head.train(false);
    expect(net.training).toBe(true);
    expect(net.head.layers[1]!.training).toBe(false);
  });
});

describe("zeroGrad and freezing", () => {
  it("forgets all gradients", () => {
    const net = new Net().eval();
    net
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect(net.blocks[0]!.linear.weight.grad).not.toBeNull();
    net.zeroGrad();
    expect(net.parameters().every((p) => p.grad === null)).toBe(true);
  });

  it("gives frozen parameters no gradient, and thaws them again", () => {
    const net = new Net().eval();
    net.blocks[0]!.requiresGrad_(false);
    net
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect(net.blocks[0]!.parameters().map((p) => p.grad)).toEqual([null, null, null]);
    expect(net.blocks[1]!.parameters().every((p) => p.grad !== null)).toBe(true);
    net.requiresGrad_(false);
    expect(net.forward(ones([1, 2])).requiresGrad).toBe(false);
    net.requiresGrad_();
    net.zeroGrad();
    net
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect(net.blocks[0]!.linear.weight.grad).not.toBeNull();
  });

  it("makes a frozen Parameter when asked, and refuses to learn other dtypes", () => {
    expect(new nn.Parameter(zeros([1]), { requiresGrad: false }).requiresGrad).toBe(false);
    expect(() => new nn.Parameter(zeros([1], { dtype: "int32" }))).toThrow(DTypeError);
  });
});

describe("names", () => {
  class Two extends nn.Module {
    aB: unknown = 1;
    a_b: unknown = 2;
    forward(x: Tensor): Tensor {
      return x;
    }
  }

  it("are refused where two members would have one", () => {
    for (const make of [() => new nn.Parameter(zeros([1])), () => new nn.ReLU()]) {
      const net = new Two();
      expect(net.stateDict()).toEqual({}); // settings are no members
      [net.aB, net.a_b] = [make(), make()];
      for (const look of [() => net.stateDict(), () => net.parameters(), () => net.train()]) {
        expect(look).toThrow(ValueError);
        expect(look).toThrow(/aB and a_b would both be called a_b/);
      }
      [net.aB, net.a_b] = [[make()], [make()]];
      expect(() => net.stateDict()).toThrow(/aB and a_b would both be called a_b.0/);
    }
  });
});

const disposed = (): Tensor => {
  const x = ones([2]);
  x.dispose();
  return x;
};

describe("loadStateDict", () => {
  const snapshot = (net: nn.Module): unknown[] =>
    Object.values(net.stateDict()).map((x) => x.toArray());

  it("copies values into the tensors that are there", () => {
    const [from, to] = [new Net(), new Net()];
    from.head.forward(randn([5, 2]));
    const { weight } = to.blocks[0]!.linear;
    expect(to.loadStateDict(from.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(snapshot(to)).toEqual(snapshot(from));
    expect(to.blocks[0]!.linear.weight).toBe(weight);
    expect(weight.requiresGrad && weight.isLeaf).toBe(true);
    // Copies: the two modules share nothing afterwards.
    noGrad(() => from.temperature.fill_(9));
    expect(to.temperature.item()).toBe(1);
  });

  it("converts dtypes and takes views, also of the module's own tensors", () => {
    const layer = new nn.Linear(2, 2);
    const weight = tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] }).transpose(0, 1);
    layer.loadStateDict({ weight, bias: layer.bias! });
    expect(layer.weight.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    layer.loadStateDict({ weight: layer.weight.detach().transpose(0, 1), bias: zeros([2]) });
    expect(layer.weight.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("names what is missing and what is unexpected, and changes nothing", () => {
    const net = new Net();
    const { temperature, ...state } = new Net().stateDict();
    const before = snapshot(net);
    const bad = { ...state, "head.3.weight": temperature!, toString: temperature! };
    expect(() => net.loadStateDict(bad)).toThrow(ValueError);
    expect(() => net.loadStateDict(bad)).toThrow(
      "[loadStateDict] names must match: missing [temperature], unexpected [head.3.weight, toString]",
    );
    expect(snapshot(net)).toEqual(before);
  });

  it("without strict takes what fits and returns the names that do not", () => {
    const net = new nn.Linear(1, 1);
    const result = net.loadStateDict({ weight: ones([1, 1]), other: ones([9]) }, { strict: false });
    expect(result).toEqual({ missing: ["bias"], unexpected: ["other"] });
    expect(net.weight.item()).toBe(1);
  });

  it("names the tensor whose shape differs, and changes nothing", () => {
    const net = new nn.Linear(2, 3);
    const before = snapshot(net);
    const bad = { weight: ones([3, 2]), bias: ones([2]) };
    expect(() => net.loadStateDict(bad)).toThrow(ShapeError);
    expect(() => net.loadStateDict(bad, { strict: false })).toThrow("bias must be [3]: got [2]");
    expect(snapshot(net)).toEqual(before);
  });

  it.each<[string, abstract new (...args: never[]) => Error, (net: nn.Linear) => object]>([
    ["a disposed tensor", DisposedError, () => ({ bias: disposed() })],
    ["null", ValueError, () => ({ bias: null as never })],
    [
      "a disposed parameter",
      DisposedError,
      (net) => {
        net.bias!.dispose();
        return { bias: ones([2]) };
      },
    ],
    [
      "a parameter whose elements are one",
      GradError,
      (net) => {
        Object.assign(net, { bias: new nn.Parameter(zeros([1]).expand([2])) });
        return { bias: ones([2]) };
      },
    ],
  ])("changes nothing when it refuses %s behind others", (_, error, prepare) => {
    const net = new nn.Linear(2, 2);
    const before = net.weight.toArray();
    const state = { weight: ones([2, 2]), ...prepare(net) } as nn.StateDict;
    expect(() => net.loadStateDict(state)).toThrow(error);
    expect(net.weight.toArray()).toEqual(before);
  });

  it("refuses what is no tensor", () => {
    const bad = { weight: [[1]], bias: [1] } as unknown as nn.StateDict;
    expect(() => new nn.Linear(1, 1).loadStateDict(bad)).toThrow(ValueError);
    expect(() => new nn.Linear(1, 1).loadStateDict(bad)).toThrow("weight");
  });
});

describe("Sequential", () => {
  it("runs its layers in order, none at all being the identity", () => {
    const double = new nn.Linear(1, 1);
    double.loadStateDict({ weight: tensor([[2]]), bias: tensor([-1]) });
    const model = new nn.Sequential(double, new nn.ReLU(), double);
    expect(model.forward(tensor([[0], [3]])).toArray()).toEqual([[-1], [9]]);
    const x = ones([1]);
    expect(new nn.Sequential().forward(x)).toBe(x);
    expect(names(model.namedParameters())).toEqual(["0.weight", "0.bias"]);
  });

  it("keeps the input and what a layer of the user's holds on to", () => {
    class Spy extends nn.Module {
      seen: Tensor | null = null;
      forward(x: Tensor): Tensor {
        this.seen = x;
        return x.mul(2);
      }
    }
    const spy = new Spy();
    const model = new nn.Sequential(new nn.ReLU(), spy, new nn.Flatten(), new nn.Tanh());
    const x = tensor([[1, -1]]);
    model.forward(x);
    expect(x.toArray()).toEqual([[1, -1]]);
    expect(spy.seen!.toArray()).toEqual([[1, 0]]);
  });

  it("refuses what is no module, such as a list of them", () => {
    const list = [new nn.ReLU()] as unknown as nn.Layer;
    expect(() => new nn.Sequential(list)).toThrow(ValueError);
    expect(() => new nn.Sequential(list)).toThrow("layer 0");
  });
});

it("a Buffer is state behind the parameters, on the memory that it is made of, and is not learned", () => {
  const data = ones([2]);
  class Counting extends nn.Module {
    seen = new nn.Buffer(data);
    scale = new nn.Parameter(ones([2]));
    forward(x: Tensor): Tensor {
      noGrad(() => this.seen.add_(1));
      return x.mul(this.scale);
    }
  }
  const module = new Counting();
  module.forward(ones([2]));
  expect(Object.keys(module.stateDict())).toEqual(["scale", "seen"]);
  expect(module.parameters()).toEqual([module.scale]);
  expect(module.buffers()).toEqual([module.seen]);
  expect([module.seen.requiresGrad, data.toArray()]).toEqual([false, [2, 2]]);
});
