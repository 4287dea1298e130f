// LBFGS as a user meets it; its steps are held against PyTorch in test/reference.
import { describe, expect, it } from "vitest";
import {
  memory,
  nn,
  optim,
  type Tensor,
  tensor,
  tidy,
  ValueError,
  zeros,
} from "../../src/index.js";

/** Rosenbrock's valley, its minimum at (1, 1). */
function valley(p: Tensor): Tensor {
  const [x, y] = [p.select(0, 0), p.select(0, 1)];
  return y.sub(x.square()).square().mul(100).add(x.sub(1).square());
}

function closureOf(optimizer: optim.LBFGS, f: () => Tensor): () => Tensor {
  return () => {
    optimizer.zeroGrad();
    const loss = f();
    loss.backward();
    return loss;
  };
}

describe("LBFGS", () => {
  it("finds the minimum of a curved valley in one step with a line search", () => {
    const p = tensor([-1.5, 2], { requiresGrad: true });
    const options = { maxIter: 100, maxEval: 200, lineSearchFn: "strongWolfe" } as const;
    const optimizer = new optim.LBFGS([p], options);
    const first = optimizer.step(closureOf(optimizer, () => valley(p)));
    expect(first.item()).toBe(12.5);
    expect(valley(p).item()).toBeLessThan(1e-6);
  });

  it("fits a model, parameters without a gradient and empty ones beside", () => {
    const model = new nn.Linear(3, 1);
    const idle = tensor([5], { requiresGrad: true });
    const x = tensor([[1, 2, 3], [0, 1, -1], [2, 0, 1], [1, 1, 1], [3, -1, 0]]); // prettier-ignore
    const y = x.matmul(tensor([[1], [-2], [0.5]])).add(3);
    const params = [...model.parameters(), idle, zeros([0], { requiresGrad: true })];
    const optimizer = new optim.LBFGS(params, { lineSearchFn: "strongWolfe", maxIter: 50 });
    optimizer.step(closureOf(optimizer, () => model.forward(x).sub(y).square().sum()));
    expect(model.forward(x).sub(y).abs().max().item()).toBeLessThan(1e-4);
    expect(idle.item()).toBe(5);
  });

  it("ends a step where the loss, or every parameter, changes by too little", () => {
    const calls = (slope: number, loss: (n: number) => number, options: object): number => {
      const p = tensor([0], { requiresGrad: true });
      let n = 0;
      new optim.LBFGS([p], options).step(() => {
        p.grad = tensor([slope]);
        return loss(++n);
      });
      return n;
    };
    expect(calls(1, () => 7, {})).toBe(2);
    expect(calls(1, (n) => 10 * n, { lr: 0.1, toleranceChange: 0.5 })).toBe(2);
    expect(calls(1, (n) => 10 * n, { lr: 0.1, toleranceChange: 0.05 })).toBeGreaterThan(2);
  });

  it("leaves its state and nothing else", () => {
    const p = tensor([-1.5, 2], { requiresGrad: true });
    for (const lineSearchFn of [null, "strongWolfe"] as const) {
      const options = { lr: 0.01, maxIter: 3, historySize: 2, lineSearchFn };
      const optimizer = new optim.LBFGS([p], options);
      const run = (): void => {
        const closure = (): number => {
          optimizer.zeroGrad();
          return tidy(() => {
            const loss = valley(p);
            loss.backward();
            return loss.item();
          });
        };
        optimizer.step(closure);
        optimizer.zeroGrad();
      };
      for (let i = 0; i < 3; i++) run();
      const before = memory().handles;
      for (let i = 0; i < 3; i++) run();
      expect(memory().handles).toBe(before);
    }
  });

  it("refuses what it can't do", () => {
    const p = tensor([1, 2], { requiresGrad: true });
    const optimizer = new optim.LBFGS([p]);
    expect(() => optimizer.step()).toThrow("[LBFGS] step needs a closure");
    expect(() => optimizer.step(() => "loss")).toThrow(
      "the closure must return the loss: got loss",
    );
    expect(() => optimizer.addParamGroup()).toThrow("one group");
    const two = [{ params: [p] }, { params: [tensor([1], { requiresGrad: true })] }];
    expect(() => new optim.LBFGS(two)).toThrow("[LBFGS] takes one group");
    for (const options of [{ lr: -1 }, { maxIter: NaN }, { historySize: 0 }, { lineSearchFn: "no" as never }]) expect(() => new optim.LBFGS([p], options)).toThrow(ValueError); // prettier-ignore
    const state = optimizer.stateDict();
    state.state[0]!["direction"] = zeros([3]);
    expect(() => optimizer.loadStateDict(state)).toThrow(
      "direction must be float32 [2]: got float32 [3]",
    );
  });
});
