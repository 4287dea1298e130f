// ModuleList, ModuleDict, ParameterList, ParameterDict.
import { describe, expect, it } from "vitest";
import { IndexError, nn, ones, randn, type Tensor, ValueError, zeros } from "../../src/index.js";
import { copyModule } from "../../src/nn/copy.js";

const p = (n: number): nn.Parameter => new nn.Parameter(zeros([n]));

class Net extends nn.Module {
  blocks = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2, { bias: false })]);
  heads = new nn.ModuleDict({ left: new nn.Linear(2, 1), right: new nn.Linear(2, 3) });
  scales = new nn.ParameterList([p(1), p(2)]);
  shifts = new nn.ParameterDict({ a: p(3) });
  forward(x: Tensor): Tensor {
    for (const block of this.blocks) x = block.forward(x);
    return this.heads.get("right").forward(x);
  }
}

describe("containers", () => {
  it("name their members as PyTorch does", () => {
    const net = new Net();
    expect(Object.keys(net.stateDict())).toEqual([
      ...["blocks.0.weight", "blocks.0.bias", "blocks.1.weight"],
      ...["heads.left.weight", "heads.left.bias", "heads.right.weight", "heads.right.bias"],
      ...["scales.0", "scales.1", "shifts.a"],
    ]);
    expect(net.forward(ones([1, 2])).shape).toEqual([1, 3]);
    expect(net.parameters().length).toBe(10);
    expect(net.eval().blocks.at(1).training).toBe(false);
  });

  it("lists grow, and are read by number and in a loop", () => {
    const list = new nn.ModuleList<nn.Module>();
    const [a, b, c] = [new nn.ReLU(), new nn.Tanh(), new nn.GELU()];
    list.append(a).extend([c]).insert(1, b);
    expect([list.length, list.at(1), list.at(-1), [...list]]).toEqual([3, b, c, [a, b, c]]);
    expect(() => list.at(3)).toThrow(IndexError);
    expect(() => list.at(0.5)).toThrow(/index must lie in \[-3, 2\]: got 0.5/);
    expect(() => list.append({} as never)).toThrow(ValueError);
    expect(() => new nn.ParameterList([zeros([1]) as never])).toThrow(ValueError);
    const lone = new nn.Linear(1, 1) as never;
    expect(() => new nn.ModuleList(lone)).toThrow(/^\[ModuleList\] needs an array: got Linear/);
    expect(() => list.forward()).toThrow(/\[ModuleList\] has no forward/);
  });

  it("dictionaries are read by key", () => {
    const dict = new nn.ModuleDict<nn.Module>({ relu: new nn.ReLU() });
    dict.set("tanh", new nn.Tanh());
    expect([...dict.keys()]).toEqual(["relu", "tanh"]);
    expect([...dict.values()].length).toBe(2);
    expect(dict.has("relu") && dict.delete("relu") && !dict.has("relu")).toBe(true);
    expect([...dict.entries()].map(([key]) => key)).toEqual(["tanh"]);
    expect(() => dict.get("relu")).toThrow(/no item relu: there are \[tanh\]/);
    expect(() => dict.set("x", 3 as never)).toThrow(ValueError);
    expect(() => new nn.ParameterDict({ a: 3 as never })).toThrow(ValueError);
    expect(() => dict.forward()).toThrow(ValueError);
  });
});

describe("a copy", () => {
  it("has items of its own", () => {
    const net = new Net();
    const copy = copyModule(net);
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(net.stateDict()));
    expect(copy.forward(ones([1, 2])).toArray()).toEqual(net.forward(ones([1, 2])).toArray());
    copy.parameters().forEach((p, i) => expect(p).not.toBe(net.parameters()[i]));
    copy.blocks.append(new nn.Linear(2, 2));
    copy.heads.delete("left");
    expect([net.blocks.length, copy.blocks.length, net.heads.has("left")]).toEqual([2, 3, true]);
  });

  it("pads as its original does, and has its hooks", () => {
    const conv = new nn.Conv2d(1, 1, 3, { padding: 1, paddingMode: "reflect" });
    let calls = 0;
    conv.registerForwardHook(() => void calls++);
    const copy = copyModule(conv);
    const x = randn([1, 1, 4, 4]);
    expect(copy.forward(x).toArray()).toEqual(conv.forward(x).toArray());
    expect(calls).toBe(2);
  });
});

it("texts show what an empty one holds: nothing", () => {
  expect(String(new nn.ModuleList())).toBe("ModuleList()");
  expect(String(new nn.ModuleDict())).toBe("ModuleDict()");
});

it("errors name the class as it is written, not as a minifier calls it", () => {
  const t = class extends nn.ModuleList {};
  expect(() => new t().at(0)).toThrow(/^\[ModuleList\]/);
  expect(() => new t().forward()).toThrow(/^\[ModuleList\]/);
  const d = class extends nn.ParameterDict {};
  expect(() => new d().get("a")).toThrow(/^\[ParameterDict\]/);
});
