// What a slot of a kernel's parameter block may be: a name and a kind.
//
//   ptr  byte address      u32, i32  count, size, stride (in elements)      f32  scalar
export type Param = `${string}: ${"ptr" | "u32" | "i32" | "f32"}` | `${string}: i32...`;

/** Kernels by name: the slots of each, in order. */
export type Contract = Record<string, readonly Param[]>;
