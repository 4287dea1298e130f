// What the kernels of attention have in common: their parameters, and tiles of 64 queries x 64 keys
// with masked scores in the scratch. N heads, L queries, S keys, E and Ev the sizes of a head; all but
// the mask contiguous, or (k and v) each head.
import { Scratch } from "../abi";
import { Exp, Row } from "../expSum";
import { Micro } from "../gemm/micro";
import { Pack } from "../gemm/pack";
import { Vector } from "../gemm/vector";
import { Philox } from "../random/philox";

@unmanaged
export class AttentionArgs {
  q: usize;
  k: usize;
  v: usize;
  /** What is added to the scores, or (bool) whether a key takes part; 0: no mask. */
  mask: usize;
  out: usize;
  /** Per query: m (0 where no key is seen), 1 / sum. */
  stats: usize;
  /** The gradients of out, q, k, v; of the last three 0: not wanted. The forward has none. */
  dy: usize;
  dq: usize;
  dk: usize;
  dv: usize;
  L: u32;
  S: u32;
  E: u32;
  Ev: u32;
  /** Elements from one head of k or v to the next; the rows of a head lie together. */
  kHead: u32;
  vHead: u32;
  /** Query heads that share a key/value head. */
  group: u32;
  scale: f32;
  /** Query i sees the keys [0, i + reach). */
  reach: i32;
  /** Bytes of a mask's element: 1 for a bool, 4 for a float. */
  maskBytes: u32;
  maskRow: i32;
  maskCol: i32;
  /** Dropout. Key j of query r of all takes word j of those that begin at counter r ceil(S / 4). */
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
  /** 0: none. */
  p: f32;
  /** The mask's strides over heads follow, outermost first: size, stride. */
  rank: u32;
}

/** Queries and keys of a tile. */
export const BLOCK: u32 = 64;
/** Queries whose scores are in the works at once: what a causal tile computes in vain is half of it. */
export const STRIP: u32 = 16;
/** Floats from one row of a tile to the next. Not a power of two: cache sets. */
export const LD: u32 = 68;
export const PITCH: u32 = LD * 4;

/** Places in the scratch, behind what expSum.ts and philox.ts use. */
export class Room {
  /** Tiles [BLOCK x LD]: 0 the probabilities, 1 their gradients, 2 a transpose. */
  @inline
  static tile(t: u32): usize {
    return Scratch.base() + 81920 + t * 17536;
  }

  /** A float64 sum for each query of a block, then a float32 maximum. */
  @inline
  static sums(): usize {
    return Room.tile(3);
  }

  @inline
  static maxima(): usize {
    return Room.sums() + 512;
  }

  /** Four slots for Philox, then room for the factors of a row. */
  @inline
  static draw(): usize {
    return Room.maxima() + 256;
  }

  /** Packed blocks of heads up to 512: 0 k^T, 1 v or v^T, 2 k, 3 dy, 4 q. */
  @inline
  static pack(i: u32): usize {
    return Room.draw() + 320 + i * 135232;
  }
}

export class Tile {
  /** How many keys query i sees. */
  static seen(p: AttentionArgs, i: u32): u32 {
    return <u32>min<i32>(max<i32>(<i32>i + p.reach, 0), p.S);
  }

  /** How many of the keys [j, j + cols) query i sees. */
  @inline
  static width(p: AttentionArgs, i: u32, j: u32, cols: u32): u32 {
    const seen = Tile.seen(p, i);
    return seen > j ? min(cols, seen - j) : 0;
  }

  /** Vectors come in fours: what lies behind a row's width is filled up to here. */
  @inline
  static whole(w: u32): u32 {
    return (w + 15) & ~15;
  }

  static fill(x: usize, from: u32, to: u32, value: f32): void {
    for (; from < to; from++) store<f32>(x + (from << 2), value);
  }

  /** Row i of head n of x [N, L, size]. */
  static row(p: AttentionArgs, x: usize, n: u32, i: u32, size: u32): usize {
    return x + (((n * p.L + i) * size) << 2);
  }

  /** Row j of the head of k that query head n reads. */
  static key(p: AttentionArgs, n: u32, j: u32): usize {
    return p.k + (((n / p.group) * p.kHead + j * p.E) << 2);
  }

  /** The same of v. */
  static value(p: AttentionArgs, n: u32, j: u32): usize {
    return p.v + (((n / p.group) * p.vHead + j * p.Ev) << 2);
  }

  /**
   * The scores of `rows` queries from i on with the keys [j, j + w), masked; -Infinity from what a
   * query sees to `whole(w)`. A few queries read k where it lies, others what is packed of it.
   */
  static scores(p: AttentionArgs, n: u32, i: u32, rows: u32, j: u32, w: u32, to: usize): void {
    const E = p.E;
    const q = Tile.row(p, p.q, n, i, E);
    if (Tile.few(p)) {
      const k = Tile.key(p, n, j);
      for (let r: u32 = 0; r < rows; r++) {
        Vector.columns(q + ((r * E) << 2), 4, k, E << 2, E, w, to + r * PITCH);
      }
    } else {
      Micro.block(q, E, 1, Room.pack(0), 8, Pack.panel(E), rows, w, E, 0, 0, to, LD);
    }
    const whole = Tile.whole(w);
    for (let r: u32 = 0; r < rows; r++, to += PITCH) {
      const seen = Tile.width(p, i + r, j, w);
      Row.scale(to, whole, p.scale * Exp.SCALE);
      if (p.mask) Tile.mask(p, n, i + r, j, seen, to);
      Tile.fill(to, seen, whole, -Infinity);
    }
  }

  /** Whether the forward packs nothing: a generating model's next token, say. */
  @inline
  static few(p: AttentionArgs): bool {
    return p.L < 4 && !p.dy;
  }

  static mask(p: AttentionArgs, n: u32, i: u32, j: u32, seen: u32, to: usize): void {
    let at: u32 = i * p.maskRow + j * p.maskCol;
    let dim = changetype<usize>(p) + offsetof<AttentionArgs>() + (p.rank << 3);
    for (let d = p.rank; d > 0; d--) {
      dim -= 8;
      const size = load<u32>(dim);
      at += (n % size) * load<u32>(dim + 4);
      n /= size;
    }
    const bytes = p.maskBytes;
    const step = p.maskCol * bytes;
    let from = p.mask + at * bytes;
    for (const end = to + (seen << 2); to < end; to += 4, from += step) {
      if (bytes == 4) store<f32>(to, load<f32>(to) + load<f32>(from));
      else if (!load<u8>(from)) store<f32>(to, -Infinity);
    }
  }

  /**
   * Where the factors of the w keys (a multiple of 16) from j on are: `by`, or with dropout
   * by / (1 - p) or 0.
   */
  static factors(p: AttentionArgs, n: u32, i: u32, j: u32, w: u32, by: f64): usize {
    const seed = Room.draw();
    const row = <u64>n * p.L + i;
    const counter = row * ((p.S + 3) >> 2) + (j >> 2);
    store<u64>(seed, load<u64>(changetype<usize>(p), offsetof<AttentionArgs>("seedLo")));
    store<u64>(seed, counter + ((<u64>p.offsetLo) | ((<u64>p.offsetHi) << 32)), 8);
    const words = p.p > 0 ? Philox.words(seed, 0, w) : seed + 16;
    // As in dropoutF32; 0 where there is none keeps all.
    const p24 = f32x4.splat(p.p * 16777216);
    const scale = f32x4.splat(<f32>(by / (1 - <f64>p.p)));
    for (let at = words, end = words + (w << 2); at < end; at += 16) {
      const u = f32x4.convert_i32x4_s(i32x4.shr_u(v128.load(at), 8));
      v128.store(at, v128.and(f32x4.ge(u, p24), scale));
    }
    return words;
  }
}
