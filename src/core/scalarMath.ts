// Transcendental functions of numbers that reach weights, such as learning rates: in plain arithmetic,
// which all JavaScript engines round alike. Math.cos and Math.pow differ in their last bits.

/** pi/2 in two parts: the first has 33 bits, so that its product with a whole number is exact (fdlibm). */
const HALF_PI = 1.5707963267341256;
const HALF_PI_REST = 6.077100506506192e-11;
const LN2 = 0.6931471803691238;
const LN2_REST = 1.9082149292705877e-10;

/** x^n / n! for n = from, from + 2, ..., below `end`, signs alternating: the series of sine and cosine. */
function series(x: number, from: number, end: number): number {
  let sum = 0;
  // From the smallest term on, in Horner's form.
  for (let n = end; n > from; n -= 2) sum = (-(x * x) / (n * (n - 1))) * (1 + sum);
  return (from === 0 ? 1 : x) * (1 + sum);
}

/** The cosine of x in radians, |x| < 2^20; its error is below 3e-16. */
export function cos(x: number): number {
  const n = Math.round(x / (Math.PI / 2));
  const r = x - n * HALF_PI - n * HALF_PI_REST;
  // A sine in quadrants 1 and 3, negative in 1 and 2.
  const odd = n & 1;
  const y = series(r, odd, 18 + odd);
  return (n + 1) & 2 ? -y : y;
}

/**
 * x to the power of y, x >= 0; relative error below 1e-15 (1 + |y ln x|). Whole y up to 2^31, of any x, by
 * repeated squaring: below 2^-52 (1 + |y|).
 */
export function pow(x: number, y: number): number {
  if (Number.isInteger(y) && Math.abs(y) < 2 ** 31) {
    let power = 1;
    for (let n = Math.abs(y), s = x; n > 0; n >>= 1, s *= s) {
      if (n & 1) power *= s;
    }
    return y < 0 ? 1 / power : power;
  }
  if (!(x >= 0) || Number.isNaN(y)) return NaN;
  if (x === 0 || x === Infinity) return (x === 0) === y > 0 ? 0 : Infinity;
  return exp(Math.max(-800, Math.min(800, y * log(x))));
}

/** ln x for a finite x > 0: x = m 2^e, ln m = 2 artanh((m - 1) / (m + 1)). */
function log(x: number): number {
  let e = 0;
  for (; x > Math.SQRT2; x /= 2) e++;
  for (; x < Math.SQRT2 / 2; x *= 2) e--;
  const s = (x - 1) / (x + 1);
  let sum = 0;
  for (let n = 21; n > 1; n -= 2) sum = s * s * (1 / n + sum);
  return e * LN2 + (2 * s * (1 + sum) + e * LN2_REST);
}

/** e^x = 2^n e^r, |r| <= ln(2) / 2, for |x| <= 800: beyond that it is 0 or infinite. */
function exp(x: number): number {
  const n = Math.round(x / Math.LN2);
  const r = x - n * LN2 - n * LN2_REST;
  let y = 1;
  for (let k = 14; k > 0; k--) y = 1 + (r / k) * y;
  return y * pow(2, n);
}
