// The arithmetic of a kernel call, from its parameters: for kernels that are bound by it. Slots are
// counted as src/kernels/contract.ts lists them; test/inspect compares the two.

/** Slots of the sizes that a kernel's work is made of, and the number of its multiplications and additions. */
interface Work {
  readonly slots: Readonly<Record<string, number>>;
  readonly flops: (size: Readonly<Record<string, number>>, units: number) => number;
}

const conv = (from: number): Work => ({
  slots: {
    ...{ N: from, C: from + 1, O: from + 4, kh: from + 5, kw: from + 6 },
    ...{ OH: from + 7, OW: from + 8, groups: from + 15 },
  },
  flops: ({ N, C, O, kh, kw, OH, OW, groups }) =>
    (2 * N! * O! * OH! * OW! * C! * kh! * kw!) / groups!,
});

/** Its own arithmetic, 36 or 64 products a tile of 4 x 4, not that of the convolution it stands for. */
const winograd = (from: number): Work => ({
  slots: { N: from, C: from + 1, O: from + 4, OH: from + 5, OW: from + 6, points: from + 9 },
  flops: ({ N, C, O, OH, OW, points }) =>
    2 * points! * points! * N! * C! * O! * Math.ceil(OH! / 4) * Math.ceil(OW! / 4),
});

const depthwise = (from: number): Work => ({
  slots: { N: from, C: from + 1, OH: from + 4, OW: from + 5 },
  flops: ({ N, C, OH, OW }) => 18 * N! * C! * OH! * OW!,
});

/** Every key counts, also those that a causal mask hides. */
const attention = (products: (E: number, Ev: number) => number, ofKeys: boolean): Work => ({
  slots: { L: 10, S: 11, E: 12, Ev: 13, group: 16 },
  flops: ({ L, S, E, Ev, group }, units) => {
    const heads = ofKeys ? units * group! : units / Math.ceil(L! / 64);
    return 2 * heads * L! * S! * products(E!, Ev!);
  },
});

/** Of a step from hidden state to hidden state: what comes from the inputs is a matmul before. */
const recurrent = (passes: number): Work => ({
  slots: { T: 15, B: 16, H: 17, mode: 18 },
  flops: ({ T, B, H, mode }) => passes * 2 * T! * B! * H! * H! * [1, 1, 4, 3][mode!]!,
});

/** By kernel. */
export const work: Readonly<Record<string, Work>> = {
  matmulF32: {
    slots: { M: 5, N: 6, K: 7, batch: 12 },
    flops: ({ M, N, K, batch }) => 2 * M! * N! * K! * batch!,
  },
  conv2dF32: conv(5),
  conv2dInputGradF32: conv(3),
  conv2dWeightGradF32: conv(3),
  depthwiseF32: depthwise(5),
  depthwiseWeightGradF32: depthwise(3),
  winogradConv2dF32: winograd(5),
  winogradWeightGradF32: winograd(3),
  attentionF32: attention((E, Ev) => E + Ev, false),
  attentionGradF32: attention((E, Ev) => 3 * E + 2 * Ev, true),
  recurrentF32: recurrent(1),
  recurrentGradF32: recurrent(2),
};

/** Multiplications and additions of a call; 0 where it is bound by memory, or nobody counted. */
export function flopsOf(kernel: string, args: ArrayLike<number>, units: number): number {
  const known = work[kernel];
  if (known === undefined) return 0;
  const sizes = Object.entries(known.slots).map(([name, slot]) => [name, args[slot]!] as const);
  return known.flops(Object.fromEntries(sizes), units);
}
