// DataLoader as a user meets it: batches from tensors and arrays, in order or shuffled by a seed.
import { describe, expect, it } from "vitest";
import {
  arange,
  type data,
  DataLoader,
  manualSeed,
  ones,
  randn,
  ShapeError,
  stack,
  type Tensor,
  TensorDataset,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";

const numbers = (batches: Iterable<Tensor[]>): unknown[] => [...batches].map(([x]) => x!.toArray());
const sorted = (batches: unknown[]): number[] => (batches.flat() as number[]).sort((a, b) => a - b);

describe("batches", () => {
  it("come in order from several tensors, the last one smaller", () => {
    const loader = new DataLoader([arange(10).reshape([5, 2]), arange(5).float()], {
      batchSize: 2,
    });
    expect(loader.length).toBe(3);
    expect([...loader].map(([x, y]) => [x!.toArray(), y!.toArray(), x!.dtype, y!.dtype])).toEqual([
      [[[0, 1], [2, 3]], [0, 1], "int32", "float32"],
      [[[4, 5], [6, 7]], [2, 3], "int32", "float32"],
      [[[8, 9]], [4], "int32", "float32"],
    ]); // prettier-ignore
  });

  it("leave out what does not fill one with dropLast", () => {
    const loader = (n: number, dropLast: boolean): DataLoader =>
      new DataLoader([arange(n)], { batchSize: 4, dropLast });
    expect([3, 4, 9].map((n) => loader(n, true).length)).toEqual([0, 1, 2]);
    expect([3, 4, 9].map((n) => loader(n, false).length)).toEqual([1, 1, 3]);
    expect(numbers(loader(9, true))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(numbers(loader(3, true))).toEqual([]);
  });

  it("hold one sample by default, all of them when they fit", () => {
    expect(numbers(new DataLoader([arange(3)]))).toEqual([[0], [1], [2]]);
    expect(numbers(new DataLoader([arange(3)], { batchSize: 100 }))).toEqual([[0, 1, 2]]);
  });

  it("are none for no samples", () => {
    for (const options of [{}, { shuffle: true }, { dropLast: true }]) {
      expect([...new DataLoader([], options)]).toEqual([]);
      expect([...new DataLoader([zeros([0, 3])], options)]).toEqual([]);
    }
    expect(new DataLoader([zeros([0, 3])]).length).toBe(0);
  });

  it.each([false, true])("are copies: changing one changes no sample (shuffle: %s)", (shuffle) => {
    const source = ones([4]);
    for (const [x] of new DataLoader([source], { batchSize: 2, shuffle, seed: 1 })) x!.mul_(5);
    expect(source.toArray()).toEqual([1, 1, 1, 1]);
  });

  it("belong to no graph, though the samples need gradients", () => {
    const source = randn([4], { requiresGrad: true });
    const [[x]] = [...new DataLoader([source], { batchSize: 4 })] as [Tensor[]];
    expect(x!.requiresGrad).toBe(false);
  });

  it("leave no handles behind but themselves", () => {
    const loader = new DataLoader([arange(6), arange(6)], { batchSize: 2, shuffle: true });
    const before = handleCount();
    const batches = [...loader];
    expect(handleCount() - before).toBe(6);
    batches.flat().forEach((x) => x.dispose());
    expect(handleCount()).toBe(before);
  });

  it("can be cut short, and begin anew each time", () => {
    const loader = new DataLoader([arange(4)], { batchSize: 2 });
    for (const [x] of loader) {
      expect(x!.toArray()).toEqual([0, 1]);
      break;
    }
    expect(numbers(loader)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});

describe("shuffling", () => {
  const make = (seed?: number): DataLoader =>
    new DataLoader([arange(20), arange(20).mul(10)], {
      batchSize: 6,
      shuffle: true,
      ...(seed === undefined ? {} : { seed }),
    });

  it("takes every sample once, rows of all tensors together", () => {
    const batches = [...make(1)];
    expect(sorted(batches.map(([x]) => x!.toArray()))).toEqual(arange(20).toArray());
    expect(batches.every(([x, y]) => x!.mul(10).eq(y!).all().item() === 1)).toBe(true);
    expect(batches.map(([x]) => x!.numel())).toEqual([6, 6, 6, 2]);
  });

  it("differs by epoch and seed, and repeats with the seed", () => {
    const [a, b] = [make(1), make(1)];
    const epochs = [numbers(a), numbers(a), numbers(a)];
    expect([numbers(b), numbers(b), numbers(b)]).toEqual(epochs);
    expect(new Set(epochs.map((e) => JSON.stringify(e))).size).toBe(3);
    expect(numbers(make(2))).not.toEqual(epochs[0]);
  });

  it("without a seed of its own follows manualSeed; with one it leaves that stream alone", () => {
    const run = (): unknown => {
      manualSeed(4);
      return [numbers(make()), randn([2]).toArray()];
    };
    expect(run()).toEqual(run());
    manualSeed(4);
    const expected = randn([2]).toArray();
    manualSeed(4);
    numbers(make(3));
    expect(randn([2]).toArray()).toEqual(expected);
  });

  it("lets two walks through one loader go side by side", () => {
    const loader = make(5);
    const [one, two] = [loader[Symbol.iterator](), loader[Symbol.iterator]()];
    const seen: unknown[][] = [[], []];
    for (let i = 0; i < loader.length; i++) {
      seen[0]!.push((one.next().value as Tensor[])[0]!.toArray());
      seen[1]!.push((two.next().value as Tensor[])[0]!.toArray());
    }
    expect(seen.map(sorted)).toEqual([arange(20).toArray(), arange(20).toArray()]);
    expect(seen[0]).not.toEqual(seen[1]);
  });
});

describe("samples in arrays", () => {
  it("are stacked: numbers, booleans, typed arrays, tensors, and lists of those", () => {
    const samples = [0, 1].map((i) => [i, i === 1, Int32Array.of(i, i + 1), ones([2]).mul(i)]);
    const [batch] = [...new DataLoader(samples, { batchSize: 2 })] as [Tensor[]];
    expect(batch.map((x) => [x.dtype, x.toArray()])).toEqual([
      ["float32", [0, 1]],
      ["bool", [false, true]],
      ["int32", [[0, 1], [1, 2]]],
      ["float32", [[0, 0], [1, 1]]],
    ]); // prettier-ignore
    const [plain] = [...new DataLoader<number, Tensor>([3, 4], { batchSize: 2 })];
    expect(plain!.toArray()).toEqual([3, 4]);
  });

  it("go through collate, in the order of the shuffling", () => {
    const words = ["a", "b", "c", "d", "e"];
    const loader = (seed: number): string[] => [
      ...new DataLoader<string, string>(words, {
        batchSize: 2,
        shuffle: true,
        seed,
        collate: (samples) => samples.join(""),
      }),
    ];
    expect(loader(1).join("").split("").sort()).toEqual(words);
    expect(loader(1)).toEqual(loader(1));
  });

  it("may come from a data set of the user's, asked only for what a batch needs", () => {
    const asked: number[] = [];
    const squares: data.Dataset<number> = {
      length: 5,
      get(i) {
        asked.push(i);
        return i * i;
      },
    };
    const loader = new DataLoader<number, Tensor>(squares, { batchSize: 2 });
    const walk = loader[Symbol.iterator]();
    expect((walk.next().value as Tensor).toArray()).toEqual([0, 1]);
    expect(asked).toEqual([0, 1]);
  });

  it("collate the rows of a TensorDataset as well", () => {
    const set = new TensorDataset(arange(3), arange(6).reshape([3, 2]));
    expect([set.length, set.get(-1).map((x) => x.toArray())]).toEqual([3, [2, [4, 5]]]);
    const loader = new DataLoader<Tensor[], Tensor>(set, {
      batchSize: 3,
      collate: (rows) => stack(rows.map(([x]) => x!)),
    });
    expect([...loader].map((x) => x.toArray())).toEqual([[0, 1, 2]]);
  });
});

describe("errors", () => {
  const refused: [string, () => unknown][] = [
    ["batches of 0", () => new DataLoader([arange(3)], { batchSize: 0 })],
    ["batches of 1.5", () => new DataLoader([arange(3)], { batchSize: 1.5 })],
    ["batches of NaN", () => new DataLoader([arange(3)], { batchSize: NaN })],
    ["a seed of -1", () => new DataLoader([arange(3)], { shuffle: true, seed: -1 })],
    ["a tensor that is not in a list", () => new DataLoader(arange(3) as unknown as Tensor[])],
    ["a typed array", () => new DataLoader(new Float32Array(3) as unknown as number[])],
    ["nothing", () => new DataLoader(undefined as unknown as number[])],
    ["a TensorDataset of nothing", () => new TensorDataset()],
    ["strings without collate", () => [...new DataLoader(["a"])]],
    ["objects without collate", () => [...new DataLoader([{ x: 1 }])]],
    ["lists of different lengths", () => [...new DataLoader([[1, 2], [3, 4, 5]], { batchSize: 2 })]],
    ["lists that end early", () => [...new DataLoader([[1, 2], [3]], { batchSize: 2 })]],
    ["samples of two kinds", () => [...new DataLoader<unknown>([ones([1]), 1], { batchSize: 2 })]],
  ]; // prettier-ignore
  it.each(refused)("refuses %s", (_, act) => {
    expect(act).toThrow(ValueError);
  });

  it("refuses tensors of different lengths and scalars, naming their shapes", () => {
    expect(() => new DataLoader([zeros([3, 2]), zeros([4])])).toThrow(ShapeError);
    expect(() => new TensorDataset(zeros([3, 2]), zeros([4]))).toThrow("got [3,2] and [4]");
    expect(() => new TensorDataset(tensor(1))).toThrow(ShapeError);
    expect(() => [...new DataLoader([[ones([1])], [ones([2])]], { batchSize: 2 })]).toThrow(
      ShapeError,
    );
  });
});
