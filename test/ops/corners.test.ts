// Corners that no table of shapes reaches: each row is a call and what it must give.
import { afterEach, describe, expect, test, vi } from "vitest";
import * as sg from "../../src/index.js";
import { tensor } from "../../src/index.js";
import { Buffer } from "../../src/memory/buffer.js";

afterEach(() => void vi.restoreAllMocks());

const int = (data: sg.TensorData) => tensor(data, { dtype: "int32" });
const leaf = (data: sg.TensorData) => tensor(data, { requiresGrad: true });

/** dL/dx of sum(dy * f(x)). */
function slope(f: (x: sg.Tensor) => sg.Tensor, at: sg.TensorData, dy?: sg.TensorData): unknown {
  const x = leaf(at);
  f(x).backward(dy === undefined ? undefined : tensor(dy));
  return x.grad!.toArray();
}

const values: Record<string, [() => sg.Tensor, unknown]> = {
  "int32 against its least number": [
    () => sg.eq(int([-2147483647, -2147483648]), -2147483648),
    [false, true],
  ],
  "where of int32 and its least number": [
    () => sg.where(tensor([true, false]), int([2147483647, 2147483647]), -2147483648),
    [2147483647, -2147483648],
  ],
  "isin of int32 beyond 2^24": [() => sg.isin(int([16777217, 16777216]), 16777216), [false, true]],
  "isin of NaN, -0 and among nothing": [
    () => {
      const x = tensor([NaN, -0, 1, 5]);
      const among = [tensor([0, NaN, 5]), sg.zeros([0])];
      return sg.stack(among.flatMap((y) => [sg.isin(x, y), sg.isin(x, y, { invert: true })]));
    },
    [
      [false, true, false, true],
      [true, false, true, false],
      [false, false, false, false],
      [true, true, true, true],
    ],
  ],
  "products of int32, modulo 2^32": [
    () =>
      int([
        [2 ** 30, 3],
        [4, 5],
      ]).matmul(
        int([
          [2 ** 30, 3],
          [4, 5],
        ]),
      ),
    [
      [12, -1073741809],
      [20, 37],
    ],
  ],
  "a product of int32 in blocks": [
    () => sg.ones([2, 2 ** 20 + 5], { dtype: "int32" }).mv(sg.arange(2 ** 20 + 5)),
    [4718602, 4718602],
  ],
  "clamp by NaN: PyTorch's": [
    () => {
      const x = leaf([1, NaN]);
      const made = [sg.clamp(x, NaN, 1), sg.clamp(x, 0, NaN), sg.clamp(x, NaN, tensor(2))];
      return sg.cat([...made, sg.clamp(int([1, 2]), NaN, 1)]);
    },
    [NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN],
  ],
  "clamp of int32 and bool by infinities: float32": [
    () =>
      sg.cat([
        int([-3, 2, 9]).clamp(0, Infinity),
        int([-3, 2]).clamp(-Infinity),
        tensor([true]).clamp(null, Infinity),
        int([-3, 2 ** 31 - 1]).clamp(0, 2 ** 31),
      ]),
    [0, 2, 9, -3, 2, 1, 0, 2147483648],
  ],
  "polygamma as a method: its order is what is left to give": [
    () =>
      tensor([1, 2])
        .polygamma(1)
        .eq(sg.polygamma(1, tensor([1, 2]))),
    [true, true],
  ],
  "linspace of int32, from both ends": [
    () =>
      sg.cat(
        (
          [
            [-5, 5, 4],
            [2.7, 9.9, 4],
            [10, 0, 4],
            [-1.5, 1.5, 7],
            [0, 1, 5],
            [5, 9, 1],
          ] as const
        ).map(([start, end, steps]) => sg.linspace(start, end, steps, { dtype: "int32" })),
      ),
    [-5, -1, 1, 5, 2, 4, 6, 9, 10, 6, 3, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 5],
  ],
  "linspace of int32 beyond 2^24": [
    () => sg.linspace(2 ** 31 - 5, 2 ** 31 - 1, 3, { dtype: "int32" }),
    [2147483643, 2147483645, 2147483647],
  ],
  "logspace of int32, between integers": [
    () => sg.logspace(2.7, 9.9, 4, 2, { dtype: "int32" }),
    [4, 20, 101, 512],
  ],
  "circular padding wraps what a crop leaves": [
    () =>
      sg.cat(
        [
          [-1, 1],
          [1, -1],
          [2, -1],
        ].map((p) => sg.pad(tensor([[1, 2, 3, 4]]), p, { mode: "circular" })),
        1,
      ),
    [[2, 3, 4, 2, 3, 1, 2, 3, 2, 3, 1, 2, 3]],
  ],
  "two bools and an alpha": [
    () =>
      sg.stack(
        [0, 2].map((alpha) => sg.add(tensor([true, false]), tensor([true, true]), { alpha })),
      ),
    [
      [true, false],
      [true, true],
    ],
  ],
  "an empty vector among tensors of two dims": [
    () => sg.cat([sg.zeros([0]), tensor([[1, 2]]), sg.zeros([0]), tensor([[3]])], 1),
    [[1, 2, 3]],
  ],
  "a scalar beside a list, as indices": [
    () => {
      const x = sg.arange(24).reshape([2, 3, 4]);
      const one = int(1);
      const read = [
        x.at(one, sg.slice(), [0, 2]),
        x.at([0, 1], sg.slice(), one),
        x.at(one, sg.slice(), one),
      ];
      const y = sg.zeros([2, 3, 4], { dtype: "int32" });
      y.setAt([one, sg.slice(), [0, 2]], read[0]!);
      return sg.cat([...read.slice(0, 2).map((r) => r.flatten()), read[2]!, y.at(1, 2)]);
    },
    [12, 14, 16, 18, 20, 22, 1, 5, 9, 13, 17, 21, 13, 17, 21, 20, 0, 22, 0],
  ],
  "extremes of bools": [
    () => {
      const x = tensor([
        [true, false],
        [false, false],
      ]);
      const { max, min } = sg.aminmax(x, { dim: 1 });
      const rows = [max, min, sg.max(x, 0).values, sg.min(x, 1).values, sg.amax(x, 0)];
      return sg.stack([...rows, sg.cat([sg.max(x).reshape([1]), sg.amin(x).reshape([1])])]);
    },
    [
      [true, false],
      [false, false],
      [true, false],
      [false, false],
      [true, false],
      [true, false],
    ],
  ],
  "bitwiseNot of the extremes of int32": [
    () => sg.bitwiseNot(int([2147483647, -2147483648, 0])),
    [-2147483648, 2147483647, -1],
  ],
  "NaN as bool": [() => tensor([NaN, 0, -0], { dtype: "bool" }), [true, false, false]],
  "full of NaN as bool": [() => sg.full([1], NaN, { dtype: "bool" }), [true]],
  "maxPool in bags that hold NaN": [
    () =>
      sg.embeddingBag(int([[0, 1, 2]]), tensor([[1], [NaN], [5]]), {
        mode: "max",
      }),
    [[NaN]],
  ],
  "determinant of a matrix that holds NaN above a 0": [
    () =>
      sg.stack([
        sg.det(
          tensor([
            [NaN, 1],
            [0, 1],
          ]),
        ),
        sg.det(
          tensor([
            [1, NaN],
            [0, 1],
          ]),
        ),
      ]),
    [NaN, NaN],
  ],
  "a system that holds NaN above a 0": [
    () =>
      sg.solve(
        tensor([
          [NaN, 1],
          [0, 1],
        ]),
        tensor([1, 1]),
      ),
    [NaN, NaN],
  ],
  "linear without inputs": [
    () => sg.linear(sg.zeros([3, 2, 0]), sg.zeros([1, 0]), tensor([5])),
    [
      [[5], [5]],
      [[5], [5]],
      [[5], [5]],
    ],
  ],
  "solveTriangular takes matrices alone": [
    () => sg.solveTriangular(sg.eye(2).mul(2).expand([2, 2, 2]), sg.ones([2, 2]), { upper: false }),
    [
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    ],
  ],
  "places of windows that hold nothing": [
    () => {
      const options = {
        padding: [1, 0, 0],
        dilation: [3, 1, 1],
        stride: 1,
        returnIndices: true,
      } as const;
      return sg.maxPool3d(sg.ones([1, 1, 2, 1, 1]), [2, 1, 1], options).indices.flatten();
    },
    [-1],
  ],
  "gaussianNLLLoss of infinite variance": [
    () => sg.gaussianNLLLoss(tensor([0]), tensor([0]), tensor([Infinity])),
    Infinity,
  ],
  "chunks of an empty dim": [() => tensor(sg.chunk(sg.zeros([0, 2]), 3).length), 3],
  "distances of vectors without elements": [
    () => sg.cdist(sg.zeros([2, 0]), sg.zeros([3, 0]), Infinity),
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
  ],
  "lengths of a transposed convolution of one tap": [
    () =>
      sg.convTranspose2d(
        tensor([
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ]),
        sg.ones([1, 1, 1, 1]),
        null,
        { dilation: 2, outputPadding: 1 },
      ),
    [
      [
        [
          [1, 2, 0],
          [3, 4, 0],
          [0, 0, 0],
        ],
      ],
    ],
  ],
};

test.each(Object.entries(values))("%s", (_, [f, want]) => {
  expect(f().toArray()).toEqual(want);
});

test("results are never the operand itself", () => {
  const whole = int([1, 2]);
  const truth = tensor([true]);
  const image = sg.ones([1, 1, 2, 2]);
  const made: [sg.Tensor, sg.Tensor][] = [
    [sg.floor(whole), whole],
    [sg.round(whole), whole],
    [sg.sign(truth), truth],
    [sg.nanToNum(whole), whole],
    [sg.diff(whole, 0), whole],
    [sg.interpolate(image, { size: 2 }), image],
  ];
  for (const [y, x] of made) {
    const before = x.toArray();
    y.zero_();
    expect(x.toArray()).toEqual(before);
  }
});

test("an int32 tensor that takes in a float32 leaf gets no history", () => {
  const leaf = sg.ones([2], { requiresGrad: true });
  expect(sg.zeros([2], { dtype: "int32" }).copy_(leaf).requiresGrad).toBe(false);
  expect(sg.zeros([2], { dtype: "int32" }).setAt([], leaf).requiresGrad).toBe(false);
});

test("isin finds what a search through all finds", () => {
  const x = sg.randint(-500, 500, [3000]);
  const y = sg.randint(-500, 500, [300]);
  const all = new Set(y.toTypedArray());
  const want = Array.from(x.toTypedArray(), (v) => all.has(v));
  expect(sg.isin(x, y).toArray()).toEqual(want);
  expect(sg.isin(x.float(), y).toArray()).toEqual(want);
});

test("rows whose gradient is divided by how often they occur can be changed", () => {
  const table = sg.ones([3, 1], { requiresGrad: true });
  const rows = sg.embedding(int([1, 1, 2]), table, { scaleGradByFreq: true });
  rows.mul_(3).backward(sg.ones([3, 1]));
  expect(rows.toArray()).toEqual([[3], [3], [3]]);
  expect(table.grad!.toArray()).toEqual([[0], [3], [3]]);
});

test("differences of many vectors are never held all at once: cdist and its gradients", () => {
  const allocate = vi.spyOn(Buffer, "allocate");
  const y = sg.rand([256, 64]);
  for (const p of [1, 3, Infinity]) {
    const x = sg.rand([1024, 64], { requiresGrad: true });
    allocate.mockClear();
    sg.tidy(() => sg.cdist(x, y, p).sum().backward());
    // 2^24 differences, of which 2^22 float32 make a block.
    expect(Math.max(...allocate.mock.calls.map(([bytes]) => bytes))).toBeLessThanOrEqual(2 ** 24);
    const few = x.detach().narrow(0, 700, 20).clone();
    few.requiresGrad = true;
    sg.cdist(few, y, p).sum().backward();
    expect(x.grad!.narrow(0, 700, 20).toTypedArray()).toEqual(few.grad!.toTypedArray());
  }
});

test("where there is no room for all gradients of an attention, none is left behind", () => {
  const { allocate } = Buffer;
  const handlesLeft = (nth: number): number => {
    const x = sg.rand([2, 4, 8], { requiresGrad: true });
    const [q, k, v] = [x.mul(1), x.mul(2), x.mul(3)] as const;
    const out = sg.scaledDotProductAttention(q, k, v);
    const before = sg.memory().handles;
    let n = 0;
    const spy = vi.spyOn(Buffer, "allocate").mockImplementation((bytes, op) => {
      if (op === "scaledDotProductAttention" && ++n === nth) throw new RangeError("no room");
      return allocate.call(Buffer, bytes, op);
    });
    expect(() => out.backward(sg.ones([2, 4, 8]))).toThrow("no room");
    spy.mockRestore();
    return sg.memory().handles - before;
  };
  expect(handlesLeft(3)).toBe(handlesLeft(1));
});

describe("gradients", () => {
  test.each(["gelu", "gelu by tanh", "silu", "softplus", "elu"] as const)(
    "of %s's gradient far out: 0",
    (name) => {
      const f = {
        gelu: sg.gelu,
        "gelu by tanh": (x: sg.Tensor) => sg.gelu(x, { approximate: "tanh" }),
        ...{ silu: sg.silu, softplus: sg.softplus, elu: sg.elu },
      }[name];
      const x = leaf([1e10, -1e10, 1e20, -3e38, Infinity, -Infinity, 129, -129]);
      const [dx] = sg.grad(f(x).sum(), [x], { createGraph: true });
      const [ddx] = sg.grad(dx!.sum(), [x]);
      expect(ddx!.abs().toArray()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    },
  );

  test("of lpPool over windows of zeros: 0", () => {
    expect(slope((x) => sg.lpPool1d(x, 2, 2), [[[0, 0, 3, 4]]], [[[1, 1]]])).toEqual([
      [[0, 0, expect.closeTo(0.6), expect.closeTo(0.8)]],
    ]);
  });

  test("of tripletMarginLoss where two vectors are equal: no NaN", () => {
    const far = tensor([[9, 9]]);
    const same = tensor([[1, 2]]);
    const f = (x: sg.Tensor) => sg.tripletMarginLoss(x, same, far, { eps: 0, margin: 100 });
    expect((slope(f, [[1, 2]]) as number[][]).flat().every(Number.isFinite)).toBe(true);
  });

  test("elements that equal a median or an extreme of all share its gradient, NaN also", () => {
    expect(slope((x) => sg.median(x), [1, 2, 2, 3, 2])).toEqual(
      [0, 1 / 3, 1 / 3, 0, 1 / 3].map(Math.fround),
    );
    expect(
      slope(
        (x) => sg.nanmedian(x),
        [
          [1, NaN],
          [2, 1],
        ],
      ),
    ).toEqual([
      [0.5, 0],
      [0, 0.5],
    ]);
    expect(slope((x) => sg.median(x), [1, NaN, 2, NaN])).toEqual([0, 0.5, 0, 0.5]);
    expect(slope((x) => sg.max(x), [1, NaN, 2, NaN])).toEqual([0, 0.5, 0, 0.5]);
    expect(slope((x) => sg.min(x), [1, 3, 1])).toEqual([0.5, 0, 0.5]);
  });

  test("empty tensors get empty gradients from what picks along another dim", () => {
    const picks = [
      sg.median,
      sg.mode,
      sg.nanmedian,
      (x: sg.Tensor, dim: number) => sg.kthvalue(x, 1, dim),
    ];
    for (const pick of picks) {
      const x = sg.zeros([0, 3], { requiresGrad: true });
      const { values, indices } = pick(x, 1);
      expect([values.shape, indices.shape, indices.dtype]).toEqual([[0], [0], "int32"]);
      values.sum().backward();
      expect(x.grad?.shape).toEqual([0, 3]);
    }
  });

  test("logit has no slope where it has no value", () => {
    expect(slope((x) => sg.logit(x), [-1, 0, 0.5, 1, 2], [1, 1, 1, 1, 1])).toEqual([
      NaN,
      Infinity,
      4,
      Infinity,
      NaN,
    ]);
  });

  test("of variance with a correction beyond the number of elements: infinite, not turned round", () => {
    expect(slope((x) => sg.variance(x, 0, { correction: 3 }), [1, 2])).toEqual([
      -Infinity,
      Infinity,
    ]);
  });

  test("of maximum where a gradient is infinite, or an operand NaN: PyTorch's", () => {
    const a = leaf([1, NaN, 2]);
    const b = leaf([2, 1, NaN]);
    sg.maximum(a, b).backward(tensor([Infinity, 1, 1]));
    expect([a.grad!.toArray(), b.grad!.toArray()]).toEqual([
      [0, 1, 1],
      [Infinity, 1, 1],
    ]);
  });

  test("of prelu's weight where x is infinite", () => {
    const x = tensor([[Infinity, -2]]);
    expect(slope((w) => sg.prelu(x, w), [0.25, 0.25], [[1, 1]])).toEqual([0, -2]);
  });

  test("of distances between points of which some are close and others far away", () => {
    const far = tensor([
      [100.0001, 3],
      [-100, 0],
    ]);
    const got = slope((x) => sg.cdist(x, far), [[100, 3]], [[1, 1]]) as number[][];
    const [dx, dy] = got[0]!;
    // (x - far[0]) / |x - far[0]| + (x - far[1]) / |x - far[1]|
    expect(dx).toBeCloseTo(-1 + 200 / Math.hypot(200, 3), 6);
    expect(dy).toBeCloseTo(3 / Math.hypot(200, 3), 6);
  });

  test.each(["border", "reflection"] as const)("of gridSample at the borders, %s: 0", (mode) => {
    const image = sg.arange(9).to("float32").reshape([1, 1, 3, 3]);
    const grid = leaf([[[[-1, 0]]]]);
    sg.gridSample(image, grid, { paddingMode: mode, alignCorners: true }).backward(
      sg.ones([1, 1, 1, 1]),
    );
    expect(grid.grad!.toArray()).toEqual([[[[0, 3]]]]);
  });
});

test("what is certain has a ctcLoss of 0, however long it takes", () => {
  const T = 500;
  // Class 1, then blanks: nothing else is possible.
  const rows = Array.from({ length: T }, (_, t) => (t === 0 ? [-Infinity, 0] : [0, -Infinity]));
  const log = tensor(rows).unsqueeze(1);
  const loss = sg.ctcLoss(log, int([[1]]), int([T]), int([1]), { reduction: "sum" });
  expect(loss.item()).toBe(0);
});

test("inverse transforms are rounded once", () => {
  for (let k = 1; k < 100; k++) {
    const x = sg.zeros([11, 2]);
    x.setAt([0, 0], k);
    expect(sg.ifft(x).at(3, 0).item()).toBe(Math.fround(k / 11));
  }
});

test("gridSample counts the pixels of large images", () => {
  const image = sg.zeros([1, 1, 4100, 4100]);
  image.setAt([0, 0, 4098, 4097], 7);
  const at = (i: number) => (2 * i) / 4099 - 1;
  const grid = tensor([[[[at(4097), at(4098)]]]]);
  const out = sg.gridSample(image, grid, { mode: "nearest", alignCorners: true });
  expect(out.item()).toBe(7);
});

test("running statistics stay what they are where there is nothing to take them of", () => {
  const runningMean = sg.ones([4]);
  const runningVar = sg.ones([4]);
  sg.instanceNorm(sg.zeros([0, 4, 3]), { runningMean, runningVar });
  expect([runningMean.toArray(), runningVar.toArray()]).toEqual([
    [1, 1, 1, 1],
    [1, 1, 1, 1],
  ]);
});

test("a tensor of very many short dims can be printed", () => {
  expect(sg.ones(new Array<number>(18).fill(2)).toString()).toMatch(/^tensor\(\[/);
});

// Operands of what is refused, made before: so that no handle may be left.
const one = tensor([1]);
const scalar = tensor(1);
const pair = sg.ones([2]);
const square = sg.eye(2);
const cube = sg.ones([2, 2, 2]);
const truth = tensor([true]);
const whole = int([1]);
const first = int([0]);
const far = int(5);
const column = int([[1], [2]]);
const five = sg.arange(5);

const pixel = sg.ones([1, 1, 1, 1]);
const row = sg.ones([1, 4]);
const refusals: Record<string, [() => unknown, new (...args: never[]) => Error, RegExp]> = {
  "images of a billion rows": [
    () => sg.interpolate(pixel, { scaleFactor: 1e9 }),
    sg.ValueError,
    /^\[interpolate\] a size must be an integer in \[1, 16777216\]: got 1000000000$/,
  ],
  "circular padding of more than a crop leaves": [
    () => sg.pad(row, [-2, 3], { mode: "circular" }),
    sg.ShapeError,
    /^\[pad\] circular can't take 3 elements from a dim of 2$/,
  ],
  "where without its last operand": [
    () => sg.where(truth, one, undefined as never),
    sg.ValueError,
    /\[where\] a needs b/,
  ],
  "tensor of what int32 can't hold": [
    () => int([1, 3e9]),
    sg.ValueError,
    /\[tensor\] int32 can't hold 3000000000/,
  ],
  "full of it": [
    () => sg.full([1], NaN, { dtype: "int32" }),
    sg.ValueError,
    /\[full\] int32 can't hold NaN/,
  ],
  "arange beyond int32": [
    () => sg.arange(3e9, 3e9 + 2),
    sg.ValueError,
    /\[arange\] int32 can't hold 3000000000/,
  ],
  "a list of fractions": [
    () => five.at([0, 1.7]),
    sg.IndexError,
    /\[at\] a list of indices holds integers: got 1.7/,
  ],
  "a list of booleans": [
    () => five.at([true, false, true] as never),
    sg.IndexError,
    /holds integers: got true/,
  ],
  "an object": [() => five.at({} as never), sg.IndexError, /an index can't be \[object Object\]/],
  "tensordot over a dim of b twice": [
    () =>
      sg.tensordot(square, square, [
        [0, 1],
        [0, 0],
      ]),
    sg.ShapeError,
    /each named once/,
  ],
  "add of half an int32 number": [
    () => sg.add(whole, 3, { alpha: 0.5 }),
    sg.DTypeError,
    /alpha must be an integer/,
  ],
  "fft2 along one dim": [
    () => sg.fft2(cube, { dims: [0, 0] }),
    sg.ValueError,
    /dims and s must be two/,
  ],
  "eigh of another half": [
    () => sg.eigh(square, { UPLO: "u" as never }),
    sg.ValueError,
    /UPLO must be L or U: got "u"/,
  ],
  "lstsq of int32": [() => sg.lstsq(square, column), sg.DTypeError, /\[lstsq\] b must be float32/],
  "polygamma of what has no factorial": [
    () => sg.polygamma(171, one),
    sg.ValueError,
    /n must be an integer in \[0, 170\]: got 171/,
  ],
  "addmv of what has no place in the product": [
    () => sg.addmv(cube, square, pair),
    sg.ShapeError,
    /\[addmv\]/,
  ],
  "indexAdd by a scalar": [
    () => sg.indexAdd(pair, 0, far, one),
    sg.ShapeError,
    /index must be a vector: got \[\]/,
  ],
  "indexAdd of half an int32": [
    () => sg.indexAdd(whole, 0, first, whole, { alpha: 0.5 }),
    sg.DTypeError,
    /alpha must be an integer/,
  ],
  "gather beyond a scalar": [() => sg.gather(scalar, 0, far), sg.IndexError, /\[gather\]/],
  "scatterReduce by what objects inherit": [
    () => sg.scatterReduce(one, 0, first, one, "constructor" as never),
    sg.ValueError,
    /reduce must be/,
  ],
  "searchsorted from another side": [
    () => sg.searchsorted(one, one, { side: "foo" as never }),
    sg.ValueError,
    /side must be left or right: got "foo"/,
  ],
  "a matrix of quantiles": [
    () => sg.quantile(pair, square),
    sg.ShapeError,
    /q must be a number or a vector/,
  ],
  "reshape to a number": [() => pair.reshape(2 as never), sg.ValueError, /\[reshape\]/],
  "a state of no generator": [
    () => new sg.Generator(0).setState([NaN, 1.5, -3]),
    sg.ValueError,
    /takes what getState gave/,
  ],
  "a negative maxNorm": [
    () => sg.embedding(first, square, { maxNorm: -1 }),
    sg.ValueError,
    /maxNorm must be a number >= 0: got -1/,
  ],
  "pixelShuffle of two channels": [
    () => sg.pixelShuffle(cube, 2),
    sg.ShapeError,
    /x must be \[\.\.\., C r r, H, W\]/,
  ],
};

test.each(Object.entries(refusals))("refuses %s", (_, [f, kind, message]) => {
  const before = sg.memory().handles;
  let error: unknown;
  try {
    f();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(kind);
  expect((error as Error).message).toMatch(message);
  expect(sg.memory().handles).toBe(before);
});
