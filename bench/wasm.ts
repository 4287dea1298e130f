/** Just enough of WebAssembly's binary format to write a loop down, with no compiler between. */

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...leb(value >>> 7)];
}

const vector = (items: readonly number[][]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: number[]): number[] => [id, ...leb(body.length), ...body];
const simd = (op: number): number[] => [0xfd, ...leb(op)];

export const get = (local: number): number[] => [0x20, ...leb(local)];
export const set = (local: number): number[] => [0x21, ...leb(local)];
/** Signed LEB128 needs another byte where the sixth bit would be read as the sign. */
export const i32 = (value: number): number[] => {
  const bytes = leb(value);
  return bytes.at(-1)! & 0x40
    ? [0x41, ...bytes.slice(0, -1), bytes.at(-1)! | 0x80, 0]
    : [0x41, ...bytes];
};
export const f32 = (value: number): number[] => [
  0x43,
  ...new Uint8Array(new Float32Array([value]).buffer),
];

export const I32_ADD = [0x6a];
export const I32_LT = [0x49];
/** To the begin of the innermost loop, if the value on the stack is not 0. */
export const AGAIN_IF = [0x0d, 0];
export const loop = (body: readonly number[]): number[] => [0x03, 0x40, ...body, 0x0b];

export const SPLAT = simd(0x13);
export const LANE0 = [...simd(0x1f), 0];
export const ADD = simd(0xe4);
export const MUL = simd(0xe6);
export const MAX = simd(0xe9);
/** Sixteen bytes at the address on the stack, plus an offset. */
export const load = (offset: number): number[] => [...simd(0x00), 4, ...leb(offset)];
export const store = (offset: number): number[] => [...simd(0x0b), 4, ...leb(offset)];

/**
 * A module with a memory ("m") and one function ("f"): (i32) => f32, whose local 0 is the argument,
 * local 1 an i32 and those from 2 on vectors.
 */
export function program(vectors: number, body: readonly number[], pages: number): Uint8Array {
  const locals = vector([
    [1, 0x7f],
    [...leb(vectors), 0x7b],
  ]);
  const code = [...locals, ...body, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 1, 0x7f, 1, 0x7d]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0, ...leb(pages)]])),
    ...section(
      7,
      vector([
        [1, 0x66, 0, 0],
        [1, 0x6d, 2, 0],
      ]),
    ),
    ...section(10, vector([[...leb(code.length), ...code]])),
  ]);
}
