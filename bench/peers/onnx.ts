/**
 * Writes ONNX models as bytes: the few messages of onnx.proto that a graph of float ops needs
 * (github.com/onnx/onnx, onnx/onnx.proto; field numbers are from there).
 */
import type { Floats } from "../inputs.js";

/** Of an attribute: a whole number, a list of them, or text. */
export type Attribute = number | readonly number[] | string;

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** "" is ONNX's own set of operators. */
  readonly domain?: string;
}

export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: "float" | "int64";
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly weights: Readonly<Record<string, Floats | readonly number[]>>;
}

const IR_VERSION = 10;
const OPSET = 20;
const TYPES = { float: 1, int64: 7 } as const;
/** AttributeProto.AttributeType. */
const ATTRIBUTE = { int: 2, string: 3, ints: 7 } as const;

type Field = readonly Uint8Array[];

/** Unsigned base-128; negative numbers as 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const whole = (field: number, value: number): Field => [varint(field << 3), varint(value)];

function bytes(field: number, content: Uint8Array): Field {
  return [varint((field << 3) | 2), varint(content.length), content];
}

const text = (field: number, value: string): Field => bytes(field, new TextEncoder().encode(value));

function join(parts: Field): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const message = (field: number, ...parts: Field[]): Field => bytes(field, join(parts.flat()));

const many = <T>(values: Iterable<T>, write: (value: T) => Field): Field =>
  [...values].flatMap(write);

function attribute(name: string, value: Attribute): Field {
  const kind = (type: number): Field => whole(20, type);
  if (typeof value === "string")
    return [...text(1, name), ...text(4, value), ...kind(ATTRIBUTE.string)];
  if (typeof value === "number")
    return [...text(1, name), ...whole(3, value), ...kind(ATTRIBUTE.int)];
  return [...text(1, name), ...many(value, (v) => whole(8, v)), ...kind(ATTRIBUTE.ints)];
}

function node({ op, inputs, outputs, attributes = {}, domain = "" }: Node): Field {
  return [
    ...many(inputs, (name) => text(1, name)),
    ...many(outputs, (name) => text(2, name)),
    ...text(4, op),
    ...many(Object.entries(attributes), ([name, value]) => message(5, attribute(name, value))),
    ...(domain ? text(7, domain) : []),
  ];
}

/** A constant: floats, or a list of int64. */
function weight(name: string, value: Floats | readonly number[]): Field {
  const isFloat = "data" in value;
  const raw = isFloat ? value.data : BigInt64Array.from(value, BigInt);
  const shape = isFloat ? value.shape : [value.length];
  return [
    ...many(shape, (dim) => whole(1, dim)),
    ...whole(2, isFloat ? TYPES.float : TYPES.int64),
    ...text(8, name),
    ...bytes(9, new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)),
  ];
}

function value({ name, shape, type = "float" }: Value): Field {
  const dims = many(shape, (dim) => message(1, whole(1, dim)));
  return [...text(1, name), ...message(2, message(1, whole(1, TYPES[type]), message(2, dims)))];
}

const opset = (domain: string, version: number): Field =>
  message(8, text(1, domain), whole(2, version));

/** The model of a graph. */
export function model({ inputs, outputs, nodes, weights }: Graph): Uint8Array {
  return join([
    ...whole(1, IR_VERSION),
    ...message(
      7,
      many(nodes, (n) => message(1, node(n))),
      text(2, "graph"),
      many(Object.entries(weights), ([name, w]) => message(5, weight(name, w))),
      many(inputs, (v) => message(11, value(v))),
      many(outputs, (v) => message(12, value(v))),
    ),
    ...opset("", OPSET),
  ]);
}
