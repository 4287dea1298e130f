// Measures how far the transcendental kernels are from the exact result: sweeps the float32
// numbers through the release build and compares with float64. Prints, for each kernel, the
// greatest error in ulp (of the exact result; 2^-149 where that is subnormal), where it occurs,
// and the share of results that aren't the nearest float32.
//
//   node scripts/measure-ulp.mjs [step] [kernel ...]      (after `npm run build`)
//
// `step` 1 takes every float32 (minutes for each kernel), 7 (the default) every seventh. pow is
// measured on random pairs. Slopes (the gradient kernels for dy = 1) pass through 0, so theirs
// count in ulps of no less than 1/2. Math.* is good to about 1 ulp of float64: 2^-29 of ours.
import { readFileSync } from "node:fs";

const CHUNK = 1 << 20;

/** 1 - erf(x) for x >= 2 by its continued fraction (modified Lentz). */
function erfcFar(x) {
  let f = x;
  let c = x;
  let d = 0;
  for (let i = 1; i < 200; i++) {
    d = 1 / (x + (i / 2) * d);
    c = x + i / 2 / c;
    f *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return Math.exp(-x * x) / (f * Math.sqrt(Math.PI));
}

/** erf(x) for |x| < 2 by its series 2 / sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!. */
function erfNear(x) {
  let sum = x;
  let term = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return ((2 * Math.exp(-x * x)) / Math.sqrt(Math.PI)) * sum;
}

export function erf(x) {
  if (x !== x) return x;
  if (Math.abs(x) < 2) return erfNear(x);
  const tail = x > 27 || x < -27 ? 0 : erfcFar(Math.abs(x));
  return x > 0 ? 1 - tail : tail - 1;
}

/** P(normal <= x) */
export function normalCdf(x) {
  const z = x * Math.SQRT1_2;
  if (z > -2) return 0.5 * (1 + erf(z));
  return z < -27 ? 0 : 0.5 * erfcFar(-z);
}

const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const swish = (x, y) => (x === -Infinity ? 0 : x * sigmoid(y));

/** float64 oracles; limits where a formula would give 0 * Infinity are as documented. */
export const oracles = {
  expF32: Math.exp,
  expm1F32: Math.expm1,
  logF32: Math.log,
  log1pF32: Math.log1p,
  sinF32: Math.sin,
  cosF32: Math.cos,
  tanF32: Math.tan,
  tanhF32: Math.tanh,
  sigmoidF32: sigmoid,
  erfF32: erf,
  geluF32: (x) => (x === -Infinity ? 0 : x * normalCdf(x)),
  geluTanhF32: (x) => swish(x, cubic(x)),
  siluF32: (x) => swish(x, x),
  softplusF32: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sqrtF32: Math.sqrt,
  rsqrtF32: (x) => 1 / Math.sqrt(x),
};

/** d/dx x sigmoid(y(x)) */
function swishSlope(x, y, dy) {
  const s = sigmoid(y);
  return s + (s === 0 || s === 1 ? 0 : x * s * (1 - s) * dy);
}
const cubic = (x) => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
const cubicSlope = (x) => 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
const gauss = (x) => Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Slopes: what the gradient kernels give for dy = 1. */
export const slopes = {
  geluGradF32: (x) => normalCdf(x) + (Math.abs(x) > 40 ? 0 : x * gauss(x)),
  geluTanhGradF32: (x) => swishSlope(x, cubic(x), cubicSlope(x)),
  siluGradF32: (x) => swishSlope(x, x, 1),
  softplusGradF32: sigmoid,
};

/** ln gamma(x) for x > 0: Lanczos, g = 7, n = 9. */
function lgammaPositive(x) {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lgammaPositive(1 - x);
  const t = x - 1 + 7.5;
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const sum = terms.reduce((s, c, i) => s + c / (x + i), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** x modulo 1 in (-1/2, 1/2], exactly. */
const fraction = (x) => (x - Math.floor(x) > 0.5 ? x - Math.ceil(x) : x - Math.floor(x));

function lgamma(x) {
  if (x > 0 || x !== x) return x > 1e5 ? stirling(x) : lgammaPositive(x);
  const f = fraction(x);
  if (!(Math.abs(f) > 0)) return Infinity;
  return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * f))) - lgamma(1 - x);
}
const stirling = (x) => (x - 0.5) * (Math.log(x) - 1) + 0.9189385332046727 - 0.5 + 1 / (12 * x);

function digamma(x) {
  if (x === 0) return -1 / x;
  if (x < 0) {
    const f = fraction(x);
    return Math.abs(f) > 0 ? digamma(1 - x) - Math.PI / Math.tan(Math.PI * f) : NaN;
  }
  let sum = 0;
  for (; x < 30; x++) sum -= 1 / x;
  const z = 1 / (x * x);
  return sum + Math.log(x) - 0.5 / x - z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z / 240)));
}

/** Newton's method on erf, or on erfc where that is small. */
function erfinv(y) {
  const a = Math.abs(y);
  if (!(a < 1)) return a === 1 ? y * Infinity : NaN;
  if (a < 1e-6) return y * (Math.sqrt(Math.PI) / 2) * (1 + (Math.PI / 12) * y * y);
  let x = Math.min(a, 0.9);
  for (let i = 0; i < 60; i++) {
    const error = x < 2 ? erf(x) - a : 1 - a - erfcFar(x);
    x = Math.max(0, x - (error * Math.sqrt(Math.PI) * Math.exp(x * x)) / 2);
    if (x > 6) x = 6;
  }
  return Math.sign(y) * x;
}
const erfc = (x) =>
  x < 0.5 ? 1 - erf(x) : x < 2 ? 2 * normalCdf(-x * Math.SQRT2) : x > 27 ? 0 : erfcFar(x);

/** What specialF32 computes, by the function's number, p1 being 0; a name is for people. */
export const specials = [
  ["exp2", (x) => 2 ** x],
  ["log2", Math.log2],
  ["log10", Math.log10],
  ["cbrt", Math.cbrt],
  ["asin", Math.asin],
  ["acos", Math.acos],
  ["atan", Math.atan],
  ["sinh", Math.sinh],
  ["cosh", Math.cosh],
  ["asinh", Math.asinh],
  ["acosh", Math.acosh],
  ["atanh", Math.atanh],
  ["erfc", erfc],
  ["erfinv", erfinv],
  ["logit", (x) => Math.log(x / (1 - x))],
  ["lgamma", lgamma],
  ["digamma", digamma],
];

const view = new DataView(new ArrayBuffer(8));
const powers = Float64Array.from({ length: 300 }, (_, i) => 2 ** (i - 149));

/**
 * |got - want| in ulps of want, or of 2^least if that is greater; 0 if both are NaN. Infinity
 * counts as 2^128.
 */
export function ulpError(got, want, least = -126) {
  if (got !== got || want !== want) return got !== got && want !== want ? 0 : Infinity;
  const w = Math.max(-(2 ** 128), Math.min(want, 2 ** 128));
  const g = Math.max(-(2 ** 128), Math.min(got, 2 ** 128));
  view.setFloat64(0, w);
  const exponent = Math.min(Math.max(((view.getUint16(0) >> 4) & 0x7ff) - 1023, least), 127);
  return Math.abs(g - w) / powers[exponent - 23 + 149];
}

class Kernels {
  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 400, maximum: 65536 });
    const bytes = readFileSync(new URL("../build/kernels.release.wasm", import.meta.url));
    const module = new WebAssembly.Module(bytes);
    this.exports = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports;
    const base = this.exports.heapBase();
    this.exports.setScratch(base);
    this.args = base + (1 << 20);
    this.inputs = [0, 1].map((i) => this.floats(this.args + 4096 + i * 4 * CHUNK));
    this.out = this.floats(this.args + 4096 + 8 * CHUNK);
  }

  floats(ptr) {
    return new Float32Array(this.memory.buffer, ptr, CHUNK);
  }

  /** Runs a kernel with one or two inputs over `n` elements. */
  run(name, inputs, n, ...scalars) {
    const pointers = [...this.inputs.slice(0, inputs), this.out].map((x) => x.byteOffset);
    const strides = new Array(inputs).fill(1);
    const slots = new Int32Array(this.memory.buffer, this.args, 16);
    slots.set([...pointers, 1, n, ...strides, ...scalars.map(() => 0), 0]);
    const floats = new Float32Array(slots.buffer, slots.byteOffset, 16);
    floats.set(scalars, pointers.length + 2 + inputs);
    this.exports[name](this.args, 0, Math.ceil(n / 1024));
    return this.out;
  }
}

class Worst {
  constructor(least) {
    this.least = least;
    this.error = 0;
    this.at = "";
    this.count = 0;
    this.notNearest = 0;
  }

  add(got, want, ...x) {
    const error = ulpError(got, want, this.least);
    this.count++;
    if (error > 0.5 && Math.fround(want) !== got) this.notNearest++;
    if (error > this.error) {
      this.error = error;
      this.at = `${x.join(", ")} -> ${got}, exactly ${want}`;
    }
  }

  print(name) {
    const share = ((100 * this.notNearest) / this.count).toFixed(1);
    console.log(
      `${name.padEnd(12)} ${this.error.toFixed(3).padStart(8)} ulp ${share.padStart(5)}% ${this.at}`,
    );
  }
}

function sweep(kernels, name, step) {
  const isSlope = name in slopes;
  const worst = new Worst(isSlope ? -1 : -126);
  const x = kernels.inputs[isSlope ? 1 : 0];
  const bits = new Uint32Array(x.buffer, x.byteOffset, CHUNK);
  if (isSlope) kernels.inputs[0].fill(1);
  const code = specials.findIndex(([special]) => special === name);
  const scalars = code < 0 ? [] : [code, 0];
  const kernel = code < 0 ? name : "specialF32";
  const oracle = oracles[name] ?? slopes[name] ?? specials[code][1];
  for (let first = 0; first < 2 ** 32; first += step * CHUNK) {
    const n = Math.min(CHUNK, Math.ceil((2 ** 32 - first) / step));
    for (let i = 0; i < n; i++) bits[i] = first + i * step;
    const out = kernels.run(kernel, isSlope ? 2 : 1, n, ...scalars);
    for (let i = 0; i < n; i++) worst.add(out[i], oracle(x[i]), x[i]);
  }
  worst.print(name);
}

/** Random pairs: any bits at all, then results of moderate size, then bases near 1. */
function samplePow(kernels, rounds) {
  const worst = new Worst(-126);
  const [a, b] = kernels.inputs;
  const bits = new Uint32Array(a.buffer, a.byteOffset, CHUNK);
  const bitsB = new Uint32Array(b.buffer, b.byteOffset, CHUNK);
  let state = 1n;
  const random = () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 32n);
  };
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < CHUNK; i++) {
      bits[i] = random();
      bitsB[i] = random();
      if (round % 3 === 0) continue;
      if (round % 3 === 2) a[i] = 1 + (random() / 2 ** 31 - 1) * 2 ** -(random() % 12);
      const log = Math.log2(Math.abs(a[i]));
      b[i] = ((random() / 2 ** 31 - 1) * 151) / log;
      if (a[i] < 0) b[i] = Math.round(b[i]);
    }
    const out = kernels.run("powF32", 2, CHUNK);
    for (let i = 0; i < CHUNK; i++) {
      // JavaScript's ** gives NaN where C99's pow gives 1.
      const want = a[i] === 1 || (a[i] === -1 && Math.abs(b[i]) === Infinity) ? 1 : a[i] ** b[i];
      worst.add(out[i], want, a[i], b[i]);
    }
  }
  worst.print("powF32");
}

function main() {
  const [step = "7", ...names] = process.argv.slice(2);
  const kernels = new Kernels();
  const named = specials.map(([name]) => name);
  const all = [...Object.keys(oracles), ...Object.keys(slopes), "powF32", ...named];
  for (const name of names.length > 0 ? names : all) {
    if (name === "powF32") samplePow(kernels, Math.ceil(600 / Number(step)));
    else sweep(kernels, name, Number(step));
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) main();
