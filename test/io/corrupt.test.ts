// Files that are cut short, lie or are no safetensors at all: typed errors, never a wrong tensor.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FormatError,
  loadSafetensors,
  saveSafetensors,
  SimdgradError,
  type Tensor,
  tensor,
} from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";
import { build } from "./file.js";

const tensors = { a: tensor([1, 2]), flags: tensor([true, false, true]), n: tensor([3]).int() };
const good = saveSafetensors(tensors);

describe("a file", () => {
  it("cut short at any byte is refused", () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => loadSafetensors(good.slice(0, length)), `${length} bytes`).toThrow(FormatError);
    }
  });

  it("with bytes behind its end is refused", () => {
    for (const extra of [1, 4, 8]) {
      expect(() => loadSafetensors(Uint8Array.of(...good, ...new Uint8Array(extra)))).toThrow(
        FormatError,
      );
    }
  });

  it("with any byte of its header changed is refused, or its tensors cover the data", () => {
    const length = 8 + Number(new DataView(good.buffer).getBigUint64(0, true));
    const bytes = (x: Tensor): number => x.numel() * (x.dtype === "bool" ? 1 : 4);
    fc.assert(
      fc.property(fc.nat({ max: length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const file = good.slice();
        file[at] = byte;
        let found: Tensor[];
        try {
          found = Object.values(loadSafetensors(file));
        } catch (error) {
          expect(error).toBeInstanceOf(SimdgradError);
          return;
        }
        expect(found.reduce((n, x) => n + bytes(x), 0)).toBe(good.length - length);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it("that is refused leaves no handles behind", () => {
    const before = handleCount();
    expect(() => loadSafetensors(good.slice(0, good.length - 1))).toThrow(FormatError);
    expect(handleCount()).toBe(before);
  });
});

const f32 = (from: number, to: number, shape: unknown = [(to - from) / 4]): object => ({
  dtype: "F32",
  shape,
  data_offsets: [from, to],
});

describe("a header", () => {
  const eight = new Uint8Array(8);
  const lies: [string, unknown][] = [
    ["overlapping data", { a: f32(0, 8), b: f32(4, 8) }],
    ["data shared by two", { a: f32(0, 8), b: f32(0, 8) }],
    ["a gap before the data", { a: f32(4, 8) }],
    ["a gap behind the data", { a: f32(0, 4) }],
    ["data behind the end", { a: f32(0, 12) }],
    ["data that begin behind the end", { a: f32(8, 16) }],
    ["offsets the wrong way round", { a: f32(8, 0, []) }],
    ["negative offsets", { a: f32(-4, 4) }],
    ["fractions", { a: { dtype: "F32", shape: [2], data_offsets: [0.5, 8.5] } }],
    ["three offsets", { a: { dtype: "F32", shape: [2], data_offsets: [0, 8, 8] } }],
    ["no offsets", { a: { dtype: "F32", shape: [2] } }],
    ["offsets in words", { a: { dtype: "F32", shape: [2], data_offsets: ["0", "8"] } }],
    ["a shape too large", { a: f32(0, 8, [3]) }],
    ["a shape too small", { a: f32(0, 8, [1]) }],
    ["a negative shape", { a: f32(0, 8, [-1, -2]) }],
    ["a shape of fractions", { a: f32(0, 8, [0.5, 4]) }],
    ["a shape whose product overflows", { a: f32(0, 8, [2 ** 33, 2 ** 33]) }],
    ["a shape beyond all numbers", '{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}'],
    ["a shape that is no list", { a: f32(0, 8, 2) }],
    ["an unknown dtype", { a: { dtype: "F33", shape: [2], data_offsets: [0, 8] } }],
    ["a dtype of JavaScript's", { a: { dtype: "toString", shape: [2], data_offsets: [0, 8] } }],
    ["no dtype", { a: { shape: [2], data_offsets: [0, 8] } }],
    ["an entry that is null", { a: null }],
    ["an entry that is a number", { a: 5 }],
    ["an entry that is a list", { a: [f32(0, 8)] }],
    ["no entries for the data", {}],
    ["metadata for the data", { __metadata__: f32(0, 8) }],
    ["a list at the top", [f32(0, 8)]],
    ["null at the top", "null"],
    ["nothing", ""],
    ["no JSON", "{a: 1}"],
    ["JSON and more", `${JSON.stringify({ a: f32(0, 8) })}}`],
    ["space before it", ` ${JSON.stringify({ a: f32(0, 8) })}`],
    ["a name twice", `{"a":${JSON.stringify(f32(0, 8))},"a":${JSON.stringify(f32(0, 8, [2, 1]))}}`],
    ["a name twice, once escaped", `{"a":${JSON.stringify(f32(0, 8))},"\\u0061":${JSON.stringify(f32(0, 8))}}`],
    ["a field twice", '{"a":{"dtype":"I32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}'],
  ]; // prettier-ignore
  it.each(lies)("with %s is refused", (_, header) => {
    expect(() => loadSafetensors(build(header, eight))).toThrow(FormatError);
  });

  it("that is true is not", () => {
    const found = loadSafetensors(build({ __metadata__: { "a:": '"' }, a: f32(0, 8) }, eight));
    expect(found["a"]!.toArray()).toEqual([0, 0]);
  });

  it.each([2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n, 2n ** 32n, 10_000n, 0n, 1n])(
    "that claims %d bytes is refused",
    (claimed) => {
      expect(() => loadSafetensors(build({ a: f32(0, 8) }, eight, claimed))).toThrow(FormatError);
    },
  );

  it("whose length is right but for the upper half is refused", () => {
    const file = build({ a: f32(0, 8) }, eight);
    file[4] = 1;
    expect(() => loadSafetensors(file)).toThrow(FormatError);
  });

  it("that is no UTF-8 is refused", () => {
    const file = build({ "?": f32(0, 8) }, eight);
    for (const byte of [0x80, 0xc3, 0xff]) {
      file[8 + 2] = byte;
      expect(() => loadSafetensors(file)).toThrow(FormatError);
    }
  });

  it("may not promise int64 values that int32 cannot hold", () => {
    const data = new Uint8Array(BigInt64Array.of(2n ** 31n).buffer);
    const header = { step: { dtype: "I64", shape: [1], data_offsets: [0, 8] } };
    expect(() => loadSafetensors(build(header, data))).toThrow("step holds 2147483648");
  });
});

describe("what is no file", () => {
  it.each<[string, unknown]>([
    ["a string", "safetensors"],
    ["an ArrayBuffer", good.buffer],
    ["other numbers", new Float32Array(8)],
    ["nothing", undefined],
  ])("is refused: %s", (_, file) => {
    expect(() => loadSafetensors(file as Uint8Array)).toThrow(FormatError);
  });
});
