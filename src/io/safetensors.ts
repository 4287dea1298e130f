// The safetensors format (huggingface/safetensors): eight bytes with the length of a JSON header
// (little endian), the header ({ name: { dtype, shape, data_offsets } }), then the data.
import { FormatError, ValueError } from "../core/errors.js";
import { bytesOf, type DType } from "../core/dtype.js";
import { checkWord, showShape, sizeOf } from "../core/shape.js";
import { Tensor } from "../autograd/tensor.js";
import { toTypedArray } from "../ops/convert.js";
import { tensor } from "../ops/creation.js";

const dtypeNames: Record<DType, string> = { float32: "F32", int32: "I32", bool: "BOOL" };

/** The formats that can be read, with the dtype each becomes. */
const readable = {
  F32: { dtype: "float32", List: Float32Array },
  F64: { dtype: "float32", List: Float64Array },
  I32: { dtype: "int32", List: Int32Array },
  I64: { dtype: "int32", List: BigInt64Array },
  BOOL: { dtype: "bool", List: Uint8Array },
} as const;

/**
 * A file with these tensors, each under its name; bools stand behind all others.
 * @param metadata strings that go into the header
 */
export function saveSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkWord("saveSafetensors", "tensors", tensors && typeof tensors, ["object"]);
  // Without a prototype any name is just a name, "__proto__" too.
  const header = Object.create(null) as Record<string, unknown>;
  const texts = Object.values(metadata);
  for (const text of texts) checkWord("saveSafetensors", "metadata", typeof text, ["string"]);
  if (texts.length > 0) header["__metadata__"] = metadata;
  const entries = Object.entries(tensors);
  for (const [name, x] of entries) {
    if (name === "__metadata__" || !(x instanceof Tensor)) {
      throw new ValueError("saveSafetensors", `${name} is no tensor, or no name for one`);
    }
  }
  // There may be no gaps: with the larger elements first, every tensor is aligned to its own.
  entries.sort(([, a], [, b]) => bytesOf(b.dtype) - bytesOf(a.dtype));
  let at = 0;
  for (const [name, x] of entries) {
    const end = at + x.numel() * bytesOf(x.dtype);
    header[name] = { dtype: dtypeNames[x.dtype], shape: x.shape, data_offsets: [at, end] };
    at = end;
  }
  // Spaces fill the header up to a multiple of eight, so that the data are aligned.
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + length + at);
  new DataView(file.buffer).setUint32(0, length, true);
  file.fill(0x20, 8, 8 + length).set(text, 8);
  let offset = 8 + length;
  for (const [, x] of entries) {
    const data = toTypedArray(x);
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

interface Entry {
  name: string;
  format: keyof typeof readable;
  shape: number[];
  start: number;
  end: number;
}

/**
 * The tensors of a file. F32, I32 and BOOL are read as they are; F64 is rounded to float32; I64
 * becomes int32.
 * @throws FormatError for files that are cut short, overlap, lie about lengths, hold other formats,
 *   or int64 values that int32 cannot hold
 */
export function loadSafetensors(file: Uint8Array): Record<string, Tensor> {
  const { header, data } = readHeader(file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => checkEntry(name, value));
  checkCover(entries, data.length);
  // Everything has been checked before the first tensor is made.
  const arrays = entries.map((e) => decode(e, data));
  return Object.fromEntries(
    entries.map(({ name, format, shape }, i) => {
      const { dtype } = readable[format];
      return [name, tensor(arrays[i]!, { dtype, shape })];
    }),
  );
}

function fail(what: string): never {
  throw new FormatError("loadSafetensors", what);
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (!(file instanceof Uint8Array && file.length >= 8)) {
    fail("takes a file as a Uint8Array of at least 8 bytes");
  }
  const view = new DataView(file.buffer, file.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  if (length > file.length - 8)
    fail(`the header claims ${length} bytes, ${file.length - 8} are there`);
  let header: unknown;
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      file.subarray(8, 8 + length),
    );
    header = JSON.parse(text);
  } catch (cause) {
    fail(`the header is no JSON: ${String(cause)}`);
  }
  // Of two equal keys JSON.parse keeps the last: a string is missing then.
  if (text[0] !== "{" || strings(text) !== strings(JSON.stringify(header))) {
    fail("the header must begin with { and name nothing twice");
  }
  return { header: header as Record<string, unknown>, data: file.subarray(8 + length) };
}

/** How many strings a JSON text holds. */
function strings(json: string): number {
  return json.match(/"(?:[^"\\]|\\.)*"/g)?.length ?? 0;
}

function checkEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets } = (value ?? {}) as Record<string, unknown>;
  const isList = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
  if (!isList(shape) || !isList(data_offsets) || data_offsets.length !== 2) {
    return fail(`${name} needs a shape and two data_offsets, all of them integers >= 0`);
  }
  const format = String(dtype) as Entry["format"];
  if (!Object.hasOwn(readable, format)) {
    return fail(`${name} is ${format}; known are ${Object.keys(readable).join(", ")}`);
  }
  const [start, end] = data_offsets as [number, number];
  if (sizeOf(shape) * readable[format].List.BYTES_PER_ELEMENT !== end - start) {
    return fail(`${name} has shape ${showShape(shape)} of ${format} in ${end - start} bytes`);
  }
  return { name, format, shape, start, end };
}

/** The data must lie one after the other, without gaps or overlaps, to the end of the file. */
function checkCover(entries: readonly Entry[], available: number): void {
  let at = 0;
  for (const { name, start, end } of [...entries].sort(
    (a, b) => a.start - b.start || a.end - b.end,
  )) {
    if (start !== at) fail(`${name} begins at ${start}, the data before it end at ${at}`);
    at = end;
  }
  if (at !== available) fail(`the tensors end at ${at}, the file at ${available}`);
}

function decode({ name, format, start, end }: Entry, data: Uint8Array) {
  // A copy is aligned, wherever the file begins in its buffer (Buffer's slice would be none).
  const values = new readable[format].List(new Uint8Array(data.subarray(start, end)).buffer);
  if (!(values instanceof BigInt64Array)) return values;
  return Int32Array.from(values, (v) => {
    if (BigInt.asIntN(32, v) !== v) fail(`${name} holds ${v}, which int32 cannot`);
    return Number(v);
  });
}
