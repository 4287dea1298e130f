// The writer of ONNX models, byte for byte: fields, lengths and numbers as protobuf's encoding has them.
import { expect, it } from "vitest";
import { model } from "../../bench/peers/onnx.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

it("writes inputs, nodes with their attributes, weights and sets of operators", () => {
  const bytes = model({
    inputs: [{ name: "a", shape: [300] }],
    outputs: [],
    nodes: [{ op: "X", inputs: ["a"], outputs: ["b"], attributes: { k: -1 } }],
    weights: { w: [2] },
  });
  const attribute = "0a016b" + "18ffffffffffffffffff01" + "a00102"; // name, i = -1, type INT
  const node = "0a0161" + "120162" + "220158" + `2a11${attribute}`;
  const weight = "0801" + "1007" + "420177" + "4a080200000000000000"; // dims, INT64, name, raw data
  const value = "0a0161" + "120b0a09" + "0801" + "12050a0308ac02"; // name, FLOAT, 300 as ac 02
  const graph = `0a1c${node}` + "12056772617068" + `2a11${weight}` + `5a10${value}`;
  expect(hex(bytes)).toBe("080a" + `3a4a${graph}` + "42040a001014");
});

it("writes floats in their own order, lists of numbers and texts", () => {
  const bytes = model({
    inputs: [],
    outputs: [{ name: "y", shape: [1], type: "int64" }],
    nodes: [{ op: "X", inputs: [], outputs: ["y"], attributes: { p: [1, 2], t: "s" } }],
    weights: { w: { shape: [1, 1], data: Float32Array.of(1) } },
  });
  const written = hex(bytes);
  expect(written).toContain("0a0170" + "40014002" + "a00107"); // ints
  expect(written).toContain("0a0174" + "220173" + "a00103"); // s
  expect(written).toContain("08010801" + "1001" + "420177" + "4a040000803f");
  expect(written).toContain("620f" + "0a0179" + "120a0a08" + "0807" + "12040a020801"); // INT64
});
