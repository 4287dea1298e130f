// DataLoader: batches from tensors or arrays, in order or shuffled by a seed.
import { ValueError } from "../core/errors.js";
import { checkInt, misfit, checkOptions } from "../core/shape.js";
import { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { tidy } from "../memory/scope.js";
import { clone, toTypedArray } from "../ops/convert.js";
import { tensor } from "../ops/creation.js";
import { indexSelect } from "../ops/indexing.js";
import { checkTensors, stack } from "../ops/join.js";
import { defaultGenerator, Generator, randperm } from "../ops/random.js";
import { narrow } from "../ops/views.js";

/** Numbered samples. */
export interface Dataset<Sample> {
  /** How many there are. */
  readonly length: number;
  /** Sample number `index`, from 0 on. */
  get(index: number): Sample;
}

/** Tensors whose first dims are equal: sample i is row i of each. */
export class TensorDataset implements Dataset<Tensor[]> {
  readonly tensors: readonly Tensor[];
  /** How many samples there are. */
  readonly length: number;

  constructor(...tensors: Tensor[]) {
    const first = checkTensors("TensorDataset", tensors);
    for (const x of tensors) {
      if (x.ndim === 0 || x.shape[0] !== first.shape[0]) {
        misfit("TensorDataset", "first dims must be equal", ...tensors);
      }
    }
    this.tensors = tensors;
    this.length = first.shape[0]!;
  }

  get(index: number): Tensor[] {
    return this.tensors.map((x) => x.select(0, index));
  }
}

export interface DataLoaderOptions<Sample, Batch> {
  /** Samples in a batch. Default: 1. */
  batchSize?: number;
  /** A new order each time the loader is iterated. Default: false. */
  shuffle?: boolean;
  /** Leave out a last batch that is not full. Default: false. */
  dropLast?: boolean;
  /** Seeds the shuffling. Default: the generator that manualSeed seeds. */
  seed?: number;
  /**
   * Makes a batch of samples. Default: stacks tensors, typed arrays, numbers, booleans and lists of
   * those, item by item. Tensors and typed arrays keep their dtype, booleans become bool, and
   * numbers float32, also whole ones, as JavaScript can't tell them apart: give classes and indices
   * in an Int32Array or a tensor.
   */
  collate?: (samples: Sample[]) => Batch;
}

/**
 * Iterates over batches, as often as you like.
 *
 * From a TensorDataset, or several tensors in an array, a batch is an array of tensors with the
 * samples along dim 0; from an array of samples, what `collate` makes of them.
 *
 * @example
 * const loader = new DataLoader([arange(5).float(), arange(5)], { batchSize: 2 });
 * for (const [x, y] of loader) console.log(x!.shape, y!.toArray());
 */
export class DataLoader<Sample = Tensor[], Batch = Tensor[]> implements Iterable<Batch> {
  private readonly dataset: Dataset<Sample>;
  private readonly generator: Generator;
  readonly batchSize: number;
  private readonly shuffle: boolean;
  private readonly dropLast: boolean;
  private readonly collate: (samples: Sample[]) => Batch;

  constructor(source: readonly Tensor[], options?: DataLoaderOptions<Sample, Batch>);
  // Apart from the first signature, or Tensor would be taken for the type of a sample.
  constructor(
    // eslint-disable-next-line @typescript-eslint/unified-signatures
    source: Dataset<Sample> | readonly Sample[],
    options?: DataLoaderOptions<Sample, Batch>,
  );
  constructor(
    source: Dataset<Sample> | readonly Sample[] | readonly Tensor[],
    options: DataLoaderOptions<Sample, Batch> = {},
  ) {
    const {
      batchSize = 1,
      shuffle = false,
      dropLast = false,
      seed,
      collate,
    } = checkOptions("DataLoader", options);
    checkInt("DataLoader", "batchSize", batchSize, 1);
    this.dataset = asDataset(source);
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.collate = collate ?? (stacked as (samples: Sample[]) => Batch);
    this.generator = seed === undefined ? defaultGenerator : new Generator(seed);
  }

  /** Number of batches. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Iterator<Batch> {
    const order = this.order();
    for (let b = 0; b < this.length; b++) {
      const from = b * this.batchSize;
      const to = Math.min(from + this.batchSize, this.dataset.length);
      yield this.batch(from, to, order);
    }
  }

  private order(): Int32Array | null {
    if (!this.shuffle) return null;
    const { generator } = this;
    return tidy(() => toTypedArray(randperm(this.dataset.length, { generator })) as Int32Array);
  }

  private batch(from: number, to: number, order: Int32Array | null): Batch {
    const { dataset, collate } = this;
    if (dataset instanceof TensorDataset && (collate as unknown) === stacked) {
      return withGrad(false, () => rows(dataset, from, to, order)) as Batch;
    }
    const samples = Array.from({ length: to - from }, (_, i) =>
      dataset.get(order === null ? from + i : order[from + i]!),
    );
    return collate(samples);
  }
}

function asDataset<Sample>(
  source: Dataset<Sample> | readonly Sample[] | readonly Tensor[],
): Dataset<Sample> {
  if (!Array.isArray(source)) {
    const set = source as Partial<Dataset<Sample>> | undefined;
    if (typeof set?.get !== "function" || !Number.isInteger(set.length)) {
      throw new ValueError("DataLoader", "takes an array, or an object with length and get(i)");
    }
    return set as Dataset<Sample>;
  }
  if (source.length > 0 && source.every((x) => x instanceof Tensor)) {
    return new TensorDataset(...source) as unknown as Dataset<Sample>;
  }
  const samples = source as readonly Sample[];
  return { length: samples.length, get: (i) => samples[i]! };
}

/** Rows [from, to) of every tensor, or those that `order` lists there. */
function rows(
  dataset: TensorDataset,
  from: number,
  to: number,
  order: Int32Array | null,
): Tensor[] {
  return tidy(() => {
    const index = order && tensor(order.subarray(from, to));
    // Copies, also without an order: changing a batch in place must not change the data.
    return dataset.tensors.map((x) =>
      index ? indexSelect(x, 0, index) : clone(narrow(x, 0, from, to - from)),
    );
  });
}

/** Samples joined along a new first dim: tensors, numbers, or lists of those, item by item. */
function stacked(samples: readonly unknown[]): unknown {
  const first = samples[0];
  const all = (test: (sample: unknown) => boolean): boolean => samples.every(test);
  if (all((s) => s instanceof Tensor)) return stack(samples as Tensor[]);
  if (all((s) => typeof s === "number") || all((s) => typeof s === "boolean")) {
    return tensor(samples as number[]);
  }
  if (all(ArrayBuffer.isView)) {
    return tidy(() => stack(samples.map((s) => tensor(s as Float32Array))));
  }
  if (all((s) => Array.isArray(s) && s.length === (first as unknown[]).length)) {
    const lists = samples as unknown[][];
    return lists[0]!.map((_, i) => stacked(lists.map((s) => s[i])));
  }
  throw new ValueError(
    "DataLoader",
    "samples that differ in kind or length need a collate function",
  );
}
