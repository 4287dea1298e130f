// Normal numbers by Box and Muller's method: two random words make two numbers,
//   r = sqrt(-2 ln u),  z0 = r cos(2 pi v),  z1 = r sin(2 pi v).
//
// The logarithm and the sines are special cases, cheaper than the general ones in simd/: u lies in
// [2^-32, 1], and v is an integer of 32 bits, so that its reduction to [-pi/4, pi/4] is exact. With
// 31 bits for u, |z| reaches sqrt(64 ln 2) = 6.66, which 2.7e-11 of all normal numbers exceed.
import { Philox, UNIT_WORDS } from "./philox";

@unmanaged
class NormalArgs {
  out: usize;
  n: u32;
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
  mean: f32;
  std: f32;
}

// Byte offsets into CONSTANTS. Minimax polynomials, fitted for this file by Remez' algorithm:
//   LOG  -2 ln(1 + f) / f, sqrt(1/2) - 1 <= f <= sqrt(2) - 1   relative error 2.6e-8
//   SIN  sin(pi/2 t) / t in t^2, |t| <= 1/2                    3.2e-9
//   COS  cos(pi/2 t) in t^2, |t| <= 1/2                        5.6e-11
// With the rounding of their evaluation (measured over 1.2e7 words): -2 ln u 2.4 ulp, sine 2.5 ulp,
// cosine 1.5 ulp.
const LOG: usize = 0;
const SIN: usize = 9 * 4;
const COS: usize = 13 * 4;
const TWO_M31: usize = 18 * 4;
const TWO_M32: usize = 19 * 4;
const MINUS_2_LN2: usize = 20 * 4;
const CONSTANTS = memory.data<f32>([
  -2.0, 0.99999976, -0.66668373, 0.50004148, -0.39913669, 0.33124787, -0.29904526, 0.28733677,
  -0.17444719, 1.5707964, -0.64596349, 0.079680033, -0.0046016579, 1.0, -1.2337005, 0.25366917,
  -0.020859936, 0.00090336299, 4.6566129e-10, 2.3283064e-10, -1.3862944,
]);
const SQRT_HALF_BITS: i32 = 0x3f3504f3;

class BoxMuller {
  @inline
  private static constant(offset: usize): v128 {
    return v128.load32_splat(CONSTANTS + offset);
  }

  /** sum * x + the constant at `offset`. */
  @inline
  private static horner(sum: v128, x: v128, offset: usize): v128 {
    return f32x4.add(f32x4.mul(sum, x), BoxMuller.constant(offset));
  }

  /** -2 ln u for u = (word >> 1) * 2^-31 + 2^-32. */
  @inline
  private static minus2Log(words: v128): v128 {
    const k = f32x4.convert_i32x4_s(i32x4.shr_u(words, 1));
    const u = BoxMuller.horner(k, BoxMuller.constant(TWO_M31), TWO_M32);
    // u = 2^e (1 + f)
    const e = i32x4.shr_s(i32x4.sub(u, i32x4.splat(SQRT_HALF_BITS)), 23);
    const f = f32x4.sub(i32x4.sub(u, i32x4.shl(e, 23)), BoxMuller.constant(COS));
    let sum = BoxMuller.constant(LOG + 32);
    sum = BoxMuller.horner(sum, f, LOG + 28);
    sum = BoxMuller.horner(sum, f, LOG + 24);
    sum = BoxMuller.horner(sum, f, LOG + 20);
    sum = BoxMuller.horner(sum, f, LOG + 16);
    sum = BoxMuller.horner(sum, f, LOG + 12);
    sum = BoxMuller.horner(sum, f, LOG + 8);
    sum = BoxMuller.horner(sum, f, LOG + 4);
    sum = BoxMuller.horner(sum, f, LOG);
    const whole = f32x4.mul(f32x4.convert_i32x4_s(e), BoxMuller.constant(MINUS_2_LN2));
    return f32x4.add(whole, f32x4.mul(sum, f));
  }

  /** Eight words at `at` become eight normal numbers: mean + std * z. */
  @inline
  static eight(at: usize, mean: v128, std: v128): void {
    const first = v128.load(at);
    const second = v128.load(at, 16);
    const r = f32x4.sqrt(BoxMuller.minus2Log(v128.shuffle<u32>(first, second, 0, 2, 4, 6)));
    const odd = v128.shuffle<u32>(first, second, 1, 3, 5, 7);
    // Half a quadrant on, the upper two bits are the nearest quadrant's number; the lower 30 bits
    // of the word, signed, are t, the distance to its middle in quarter turns.
    const quadrant = i32x4.add(odd, i32x4.splat(0x20000000));
    const t = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(odd, 2)), BoxMuller.constant(TWO_M32));
    const tt = f32x4.mul(t, t);
    let sin = BoxMuller.constant(SIN + 12);
    sin = BoxMuller.horner(sin, tt, SIN + 8);
    sin = BoxMuller.horner(sin, tt, SIN + 4);
    sin = f32x4.mul(t, BoxMuller.horner(sin, tt, SIN));
    let cos = BoxMuller.constant(COS + 16);
    cos = BoxMuller.horner(cos, tt, COS + 12);
    cos = BoxMuller.horner(cos, tt, COS + 8);
    cos = BoxMuller.horner(cos, tt, COS + 4);
    cos = BoxMuller.horner(cos, tt, COS);
    const swap = i32x4.shr_s(i32x4.shl(quadrant, 1), 31);
    const sign = i32x4.splat(0x80000000);
    const cosSign = v128.and(i32x4.add(quadrant, i32x4.splat(0x40000000)), sign);
    const x = v128.xor(v128.bitselect(sin, cos, swap), cosSign);
    const y = v128.xor(v128.bitselect(cos, sin, swap), v128.and(quadrant, sign));
    const z0 = f32x4.add(mean, f32x4.mul(std, f32x4.mul(r, x)));
    const z1 = f32x4.add(mean, f32x4.mul(std, f32x4.mul(r, y)));
    v128.store(at, v128.shuffle<u32>(z0, z1, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<u32>(z0, z1, 2, 6, 3, 7), 16);
  }
}

/**
 * out = mean + std * z. Elements 2j and 2j + 1 come from words 2j and 2j + 1, so n elements use
 * ceil(n / 4) counters. A work unit is 1024 elements.
 */
export function normalF32(args: usize, start: u32, end: u32): void {
  const draw = changetype<NormalArgs>(args);
  const mean = f32x4.splat(draw.mean);
  const std = f32x4.splat(draw.std);
  for (let unit = start; unit < end; unit++) {
    const first = unit * UNIT_WORDS;
    const count = min(draw.n - first, UNIT_WORDS);
    const words = Philox.words(args + offsetof<NormalArgs>("seedLo"), unit, count);
    const wordsEnd = words + (count << 2);
    for (let at = words; at < wordsEnd; at += 32) BoxMuller.eight(at, mean, std);
    memory.copy(draw.out + (first << 2), words, count << 2);
  }
}
