// Linear algebra where the tables don't lead: gradients at singular matrices and equal eigenvalues,
// what has no derivative, operands of einsum as a list, distances in blocks.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import { GradError, type Tensor, tensor } from "../../src/index.js";

/** dL/dx of the sum of what `fn` gives. */
function slope(fn: (x: Tensor) => Tensor, x: Tensor): unknown {
  const leaf = x.detach();
  leaf.requiresGrad = true;
  fn(leaf).sum().backward();
  return leaf.grad!.toArray();
}

const round = (x: Tensor): unknown => x.mul(1e5).round().div(1e5).add(0).toArray();

describe("gradients at the edge", () => {
  it("the determinant of singular matrices has one: the cofactors", () => {
    const one = tensor([[1, 2], [2, 4]]); // prettier-ignore
    expect(slope(sg.det, one)).toEqual([[4, -2], [-2, 1]]); // prettier-ignore
    const low = tensor([[1, 1, 0], [1, 1, 0], [0, 0, 0]]); // prettier-ignore
    // The limit of A + 2^-100 E: not 0, but next to it.
    for (const v of (slope(sg.det, low) as number[][]).flat()) expect(v).toBeCloseTo(0, 20);
    expect(slope(sg.det, sg.zeros([1, 1]))).toEqual([[1]]);
  });

  it("that of its logarithm is infinite, and the others of a batch keep theirs", () => {
    const batch = tensor([[[1, 2], [2, 4]], [[2, 0], [0, 1]]]); // prettier-ignore
    expect(sg.slogdet(batch).logabsdet.at(0).item()).toBe(-Infinity);
    expect(slope((x) => sg.slogdet(x).logabsdet, batch)).toEqual([
      [[-Infinity, Infinity], [Infinity, -Infinity]],
      [[0.5, 0], [0, 1]],
    ]); // prettier-ignore
  });

  it("equal eigenvalues and singular values leave it finite", () => {
    const x = sg.eye(3).mul(2);
    expect(slope(sg.eigvalsh, x)).toEqual(sg.eye(3).toArray());
    expect(slope(sg.svdvals, x)).toEqual(sg.eye(3).toArray());
    const ones = sg.ones([3, 2]);
    const slopes = slope((t) => sg.svd(t).U.square(), ones) as number[][];
    expect(slopes.flat().every(Number.isFinite)).toBe(true);
  });

  it("points that coincide have none between them, whatever p is", () => {
    const x = tensor([[1, 2], [3, 4]]); // prettier-ignore
    for (const p of [0, 0.5, 1, 1.5, 2, 3, Infinity]) {
      expect(slope((t) => sg.cdist(t.narrow(0, 0, 1), x.narrow(0, 0, 1), p), x)).toEqual([[0, 0], [0, 0]]); // prettier-ignore
      expect(slope((t) => sg.vectorNorm(t.mul(0), p), x)).toEqual([[0, 0], [0, 0]]); // prettier-ignore
    }
  });
});

describe("qr", () => {
  const x = tensor([[1, 2], [3, 4], [5, 7]], { requiresGrad: true }); // prettier-ignore

  it.each(["r", "complete"] as const)("in mode %s has no derivative for tall matrices", (mode) => {
    const { R } = sg.qr(x, { mode });
    expect(() => R.sum().backward()).toThrow(GradError);
    expect(() => sg.qr(x, { mode }).R.sum().backward()).toThrow(
      `[qr] mode "${mode}" has no derivative where m = 3, n = 2`,
    );
  });

  it("in mode r gives the R of reduced, and no Q", () => {
    for (const t of [x.detach(), x.detach().t()]) {
      const { Q, R } = sg.qr(t, { mode: "r" });
      expect(Q.shape).toEqual([0]);
      expect(round(R)).toEqual(round(sg.qr(t).R));
    }
  });
});

describe("einsum", () => {
  const [a, b] = [sg.arange(6).float().reshape([2, 3]), sg.ones([3, 2])];

  it("takes its operands as a list, too, and spaces", () => {
    const wanted = a.matmul(b).toArray();
    expect(sg.einsum(" ij , jk -> i k ", [a, b]).toArray()).toEqual(wanted);
    expect(sg.einsum("ij,jk", a, b).toArray()).toEqual(wanted);
  });

  it("keeps a view of one operand apart from it", () => {
    expect(sg.einsum("ji", a).toArray()).toEqual(a.t().toArray());
    expect(a.toArray()).toEqual([[0, 1, 2], [3, 4, 5]]); // prettier-ignore
  });
});

describe("cdist", () => {
  it("is the same in blocks as at once", () => {
    const x = sg.randn([3000, 4], { generator: new sg.Generator(1) });
    const y = sg.randn([700, 4], { generator: new sg.Generator(2) });
    const all = sg.cdist(x, y);
    expect(all.shape).toEqual([3000, 700]);
    const last = sg.cdist(x.narrow(0, 2990, 10), y);
    expect(all.narrow(0, 2990, 10).toTypedArray()).toEqual(last.toTypedArray());
  });
});

describe("solvers", () => {
  it("do many small matrices and one large one", () => {
    const many = sg.randn([500, 3, 3], { generator: new sg.Generator(3) }).add(sg.eye(3).mul(5));
    const back = sg.inv(many).matmul(many).sub(sg.eye(3)).abs().amax().item();
    expect(back).toBeLessThan(2e-6);
    const large = sg.randn([120, 120], { generator: new sg.Generator(4) }).add(sg.eye(120).mul(30));
    const b = sg.ones([120]);
    expect(large.mv(sg.solve(large, b)).sub(b).abs().amax().item()).toBeLessThan(1e-5);
  });

  it("leave the triangle alone that they don't read", () => {
    const x = tensor([[2, NaN], [1, 4]]); // prettier-ignore
    expect(sg.solveTriangular(x, tensor([2, 5]), { upper: false }).toArray()).toEqual([1, 1]);
    expect(round(sg.cholesky(tensor([[4, NaN], [2, 5]])))).toEqual([[2, 0], [1, 2]]); // prettier-ignore
    expect(sg.eigvalsh(tensor([[2, NaN], [0, 1]])).toArray()).toEqual([1, 2]); // prettier-ignore
  });
});

// Large enough that what a kernel packs into one result has parts of 2^15 elements and more.
describe("matrices of 210 x 190 and 200 x 200", () => {
  sg.manualSeed(3);
  const [tall, square] = [sg.randn([210, 190]), sg.randn([200, 200])];
  const definite = square.matmul(square.t()).add(sg.eye(200));
  const expectClose = (got: Tensor, wanted: Tensor, scale = 1): void => {
    const error = got.sub(wanted).abs().max().item() / wanted.abs().max().item();
    expect(error).toBeLessThan(scale * 1e-5);
  };

  it("are the products of their factors", () => {
    for (const x of [tall, square, tall.t()]) {
      const { Q, R } = sg.qr(x);
      expectClose(Q.matmul(R), x);
      const { U, S, Vh } = sg.svd(x, { fullMatrices: false });
      expectClose(U.mul(S).matmul(Vh), x);
      expectClose(x.matmul(sg.pinv(x)).matmul(x), x, 10);
    }
    const { eigenvalues, eigenvectors } = sg.eigh(definite);
    expectClose(eigenvectors.mul(eigenvalues).matmul(eigenvectors.t()), definite);
    const factor = sg.cholesky(definite);
    expectClose(factor.matmul(factor.t()), definite);
  });

  it("are solved and inverted", () => {
    const b = sg.randn([200, 30]);
    expectClose(definite.matmul(sg.solve(definite, b)), b, 10);
    expectClose(definite.matmul(sg.inv(definite)), sg.eye(200), 100);
    expectClose(definite.matmul(sg.choleskySolve(b, sg.cholesky(definite))), b, 10);
  });
});
