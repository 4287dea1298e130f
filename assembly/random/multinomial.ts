// Categories drawn by their weights. A tree of sums over a row's weights finds the category of a
// random number in log2(C) steps, and forgets a drawn one as fast. Sequential: one work unit.
import { Philox, UNIT_WORDS } from "./philox";

@unmanaged
class MultinomialArgs {
  weights: usize;
  tree: usize;
  out: usize;
  status: usize;
  rows: u32;
  C: u32;
  k: u32;
  replacement: u32;
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
}

const PAIRS: u32 = UNIT_WORDS >> 1;

/** Node i of the tree (f64) is the sum of nodes 2i and 2i + 1; the weights are nodes C ... 2C - 1. */
class Tree {
  /** Makes it of a row's weights; false where one is negative, NaN or infinite. */
  static build(tree: usize, weights: usize, C: u32): bool {
    let good = true;
    for (let i: u32 = 0; i < C; i++) {
      const w = load<f32>(weights + (i << 2));
      if (!(w >= 0 && w < Infinity)) good = false;
      store<f64>(tree + ((C + i) << 3), w);
    }
    for (let i = C - 1; i > 0; i--) Tree.add(tree, i);
    return good;
  }

  @inline
  static add(tree: usize, i: u32): void {
    const children = tree + (i << 4);
    store<f64>(tree + (i << 3), load<f64>(children) + load<f64>(children, 8));
  }

  /** The leaf at `u` in [0, root): never one of weight 0 while the root is not 0. */
  static find(tree: usize, C: u32, u: f64): u32 {
    let i: u32 = 1;
    while (i < C) {
      i <<= 1;
      const left = load<f64>(tree + (i << 3));
      if (u >= left && load<f64>(tree + (i << 3), 8) > 0) {
        u -= left;
        i++;
      } else if (left == 0) {
        i++;
      }
    }
    return i;
  }

  static remove(tree: usize, leaf: u32): void {
    store<f64>(tree + (leaf << 3), 0);
    for (let i = leaf >> 1; i > 0; i >>= 1) Tree.add(tree, i);
  }
}

/**
 * out [rows, k]: category i of a row of weights [rows, C] with probability weight i / their sum; without
 * `replacement` each at most once. Draw j uses words 2j and 2j + 1, so a call uses
 * ceil(rows * k / 2) counters. `tree` has room for 2C float64. `status` becomes 0 where a weight is
 * no number >= 0, 1 where too few are positive; what is drawn is then of no use, but in bounds.
 */
export function multinomialI32(args: usize, start: u32, end: u32): void {
  if (start >= end) return;
  const s = changetype<MultinomialArgs>(args);
  const tree = s.tree;
  const C = s.C;
  let draw: u32 = 0;
  let word: usize = 0;
  for (let row: u32 = 0; row < s.rows; row++) {
    if (!Tree.build(tree, s.weights + ((row * C) << 2), C)) {
      store<i32>(s.status, 0);
      return;
    }
    for (let j: u32 = 0; j < s.k; j++) {
      const root = load<f64>(tree, 8);
      if (!(root > 0)) {
        store<i32>(s.status, 1);
        return;
      }
      if (draw % PAIRS == 0) {
        const left = s.rows * s.k - draw;
        word = Philox.words(
          args + offsetof<MultinomialArgs>("seedLo"),
          draw / PAIRS,
          min(left, PAIRS) << 1,
        );
      }
      // 53 random bits; a product of such a number and the root is less than the root.
      const bits = ((<u64>load<u32>(word)) << 21) | (load<u32>(word, 4) >> 11);
      const leaf = Tree.find(tree, C, <f64>bits * (1.0 / 9007199254740992.0) * root);
      store<u32>(s.out + (draw << 2), leaf - C);
      if (!s.replacement) Tree.remove(tree, leaf);
      word += 8;
      draw++;
    }
  }
}
