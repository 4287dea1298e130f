// What saveSafetensors writes, read by a reader of its own that follows the format's description,
// and what loadSafetensors makes of that.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arange,
  type DType,
  full,
  loadSafetensors,
  nn,
  optim,
  randn,
  saveSafetensors,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";
import { build } from "./file.js";

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** The format as https://github.com/huggingface/safetensors describes it, without the library. */
function readFile(file: Uint8Array): {
  header: Record<string, Entry>;
  metadata: unknown;
  data: Uint8Array;
} {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const text = new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, 8 + length));
  expect(text[0]).toBe("{");
  expect(text).toMatch(/\} *$/);
  expect(length % 8).toBe(0);
  const { __metadata__: metadata, ...header } = JSON.parse(text) as Record<string, Entry>;
  return { header, metadata, data: file.subarray(8 + length) };
}

const BYTES: Record<string, number> = { F32: 4, I32: 4, BOOL: 1 };

/** Each entry's bytes lie behind those of the one before, aligned, the last at the end of the file. */
function expectContiguous(file: Uint8Array): void {
  const { header, data } = readFile(file);
  let at = 0;
  const inOrder = Object.values(header).sort((a, b) => a.data_offsets[1] - b.data_offsets[1] || a.data_offsets[0] - b.data_offsets[0]); // prettier-ignore
  for (const { dtype, shape, data_offsets } of inOrder) {
    expect(data_offsets[0] % BYTES[dtype]!).toBe(0);
    const size = shape.reduce((a, b) => a * b, 1) * BYTES[dtype]!;
    expect(data_offsets).toEqual([at, at + size]);
    at += size;
  }
  expect(at).toBe(data.length);
}

const bytesOf = (x: Tensor): number[] => {
  const { buffer, byteOffset, byteLength } = x.toTypedArray();
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
};

/** Same names, dtypes, shapes and bits. */
function expectSame(found: Record<string, Tensor>, tensors: Record<string, Tensor>): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(tensors).sort());
  for (const [name, x] of Object.entries(tensors)) {
    const y = found[name]!;
    expect([y.dtype, y.shape, bytesOf(y)]).toEqual([x.dtype, x.shape, bytesOf(x)]);
  }
}

describe("what is written", () => {
  it("is a header and the data, as the format says", () => {
    const file = saveSafetensors({
      flags: tensor([true, false, true]),
      x: tensor([[1, -2]]),
      n: tensor(Int32Array.of(-1, 258)),
    });
    const { header, data, metadata } = readFile(file);
    expect(header).toEqual({
      x: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
      n: { dtype: "I32", shape: [2], data_offsets: [8, 16] },
      flags: { dtype: "BOOL", shape: [3], data_offsets: [16, 19] },
    });
    expect(metadata).toBeUndefined();
    expect([...data]).toEqual([
      ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0],
      ...[255, 255, 255, 255, 2, 1, 0, 0],
      ...[1, 0, 1],
    ]);
  });

  it("holds the metadata, which is no tensor", () => {
    const file = saveSafetensors({ x: zeros([1]) }, { made: "früh ☀", format: "pt" });
    expect(readFile(file).metadata).toEqual({ made: "früh ☀", format: "pt" });
    expect(Object.keys(loadSafetensors(file))).toEqual(["x"]);
    const refused = (): unknown => saveSafetensors({}, { steps: 3 as unknown as string });
    expect(refused).toThrow(ValueError);
    expect(() => saveSafetensors({ __metadata__: zeros([1]) })).toThrow(ValueError);
  });

  it("refuses what is no tensor", () => {
    expect(() => saveSafetensors({ x: [1] as unknown as Tensor })).toThrow(ValueError);
  });

  it("leaves no handles behind, for views either", () => {
    const x = arange(6).reshape([2, 3]).transpose(0, 1);
    const before = handleCount();
    saveSafetensors({ x });
    expect(handleCount()).toBe(before);
  });
});

describe("a round trip", () => {
  it.each<[string, Record<string, Tensor>]>([
    ["no tensors", {}],
    ["a scalar of each dtype", { f: tensor(1.5), i: tensor(7, { dtype: "int32" }), b: tensor(true) }],
    ["sizes of 0", { a: zeros([0]), b: zeros([3, 0, 2], { dtype: "bool" }), c: full([1], 3) }],
    ["what is not a number", { x: tensor([NaN, Infinity, -Infinity, -0, 1e-45, 3.4e38]) }],
    ["the ends of int32", { x: tensor(Int32Array.of(-(2 ** 31), 2 ** 31 - 1)) }],
    ["views", { t: arange(6).reshape([2, 3]).t(), s: randn([5]).slice(4, null, { step: -2 }), e: full([1], 2).expand([3]) }],
    ["names of all kinds", { "ünï.☃.𝔘": zeros([1]), "": zeros([2]), '"\\\n\0': zeros([3]), "\ud800": zeros([4]) }],
    ["names of JavaScript's own", { toString: zeros([1]), constructor: zeros([2]), ["__proto__"]: zeros([3]), "0": zeros([4]) }],
  ])("keeps %s", (_, tensors) => {
    const file = saveSafetensors(tensors);
    expectContiguous(file);
    expectSame(loadSafetensors(file), tensors);
  }); // prettier-ignore

  it("keeps a model's state and an untouched file", () => {
    const from = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4));
    from.forward(randn([8, 3]));
    const file = saveSafetensors(from.stateDict());
    const copy = file.slice();
    const to = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4));
    to.loadStateDict(loadSafetensors(file));
    expectSame(to.stateDict(), from.stateDict());
    expect(to.stateDict()["1.num_batches_tracked"]!.item()).toBe(1);
    // What was loaded is not the file: training does not write into it.
    new optim.SGD(Object.values(loadSafetensors(file)), { lr: 1 }).zeroGrad();
    loadSafetensors(file)["0.weight"]!.fill_(0);
    expect(file).toEqual(copy);
  });

  it("goes through the disk, from wherever the bytes lie in memory", () => {
    const folder = mkdtempSync(join(tmpdir(), "simdgrad-"));
    const path = join(folder, "x.safetensors");
    const tensors = { b: tensor([true]), x: randn([3, 3]) };
    writeFileSync(path, saveSafetensors(tensors));
    expectSame(loadSafetensors(readFileSync(path)), tensors);
    rmSync(folder, { recursive: true });
    for (let shift = 1; shift < 4; shift++) {
      const file = saveSafetensors(tensors);
      const larger = new Uint8Array(file.length + 8);
      larger.set(file, shift);
      expectSame(loadSafetensors(larger.subarray(shift, shift + file.length)), tensors);
    }
  });

  const values: Record<DType, (n: number) => fc.Arbitrary<ArrayLike<number>>> = {
    float32: (n) => fc.float32Array({ minLength: n, maxLength: n }),
    int32: (n) => fc.int32Array({ minLength: n, maxLength: n }),
    bool: (n) => fc.uint8Array({ minLength: n, maxLength: n, max: 1 }),
  };
  const anyTensor = fc
    .tuple(
      fc.constantFrom<DType>("float32", "int32", "bool"),
      fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
    )
    .chain(([dtype, shape]) =>
      values[dtype](shape.reduce((a, b) => a * b, 1)).map((list) =>
        tensor(list as Float32Array, { dtype, shape }),
      ),
    );

  it("keeps anything", () => {
    const names = fc.string({ unit: "binary", maxLength: 8 });
    fc.assert(
      fc.property(fc.dictionary(names, anyTensor, { maxKeys: 5 }), (tensors) => {
        const file = saveSafetensors(tensors);
        expectContiguous(file);
        expectSame(loadSafetensors(file), tensors);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe("files of other programs", () => {
  const doubles = new Uint8Array(new Float64Array([0.1, -1e300]).buffer);
  const longs = (...v: bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(v).buffer);

  it.each<[string, (file: Uint8Array) => Uint8Array]>([
    ["a Uint8Array", (file) => file],
    ["a Buffer", (file) => Buffer.from(file)],
  ])("F64 is rounded, I64 becomes int32, from %s", (_, wrap) => {
    const f64 = build({ x: { dtype: "F64", shape: [2], data_offsets: [0, 16] } }, doubles);
    expect(loadSafetensors(wrap(f64))["x"]!.toArray()).toEqual([Math.fround(0.1), -Infinity]);
    const header = {
      b: { dtype: "BOOL", shape: [1], data_offsets: [0, 1] },
      n: { dtype: "I64", shape: [], data_offsets: [1, 9] },
    };
    const file = build(header, Uint8Array.of(1, ...longs(-3n)));
    const loaded = loadSafetensors(wrap(file));
    expect([loaded["n"]!.dtype, loaded["n"]!.item(), loaded["b"]!.item()]).toEqual([
      "int32",
      -3,
      1,
    ]);
  });

  it("tensors may lie where their elements are not aligned", () => {
    const header = {
      flags: { dtype: "BOOL", shape: [3], data_offsets: [0, 3] },
      x: { dtype: "F32", shape: [1, 2], data_offsets: [3, 11] },
      n: { dtype: "I32", shape: [2], data_offsets: [11, 19] },
      f: { dtype: "F64", shape: [2], data_offsets: [19, 35] },
    };
    const ints = [255, 255, 255, 255, 2, 1, 0, 0];
    const file = build(header, Uint8Array.of(1, 0, 1, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, ...ints, ...doubles)); // prettier-ignore
    const { flags, x, n, f } = loadSafetensors(file);
    expect(flags!.toArray()).toEqual([true, false, true]);
    expect([x!.toArray(), n!.toArray()]).toEqual([[[1, -2]], [-1, 258]]);
    expect(f!.toArray()).toEqual([Math.fround(0.1), -Infinity]);
  });

  it("entries may stand in any order, and the header needs no padding", () => {
    const header = {
      second: { shape: [1], data_offsets: [4, 8], dtype: "F32" },
      first: { dtype: "I32", data_offsets: [0, 4], shape: [1, 1] },
      none: { dtype: "F32", data_offsets: [4, 4], shape: [0] },
    };
    const file = build(header, Uint8Array.of(5, 0, 0, 0, 0, 0, 0x80, 0x3f));
    const found = loadSafetensors(file);
    expect(found["second"]!.toArray()).toEqual([1]);
    expect(found["first"]!.toArray()).toEqual([[5]]);
    expect(found["none"]!.shape).toEqual([0]);
  });
});
