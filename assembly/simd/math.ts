// First version: lane by lane in float64.
class Lane {
  static erf(x: f64): f64 {
    const a = Math.abs(x);
    if (a > 6) return x > 0 ? 1 : -1;
    let sum = a;
    let term = a;
    for (let n = 1; n < 200; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    const r = 1.1283791670955126 * Math.exp(-a * a) * sum;
    return x < 0 ? -r : x != x ? x : r;
  }
  static call(f: i32, v: f64): f64 {
    switch (f) {
      case 0:
        return Math.exp(v);
      case 1:
        return Math.expm1(v);
      case 2:
        return Math.log(v);
      case 3:
        return Math.log1p(v);
      case 4:
        return Math.sin(v);
      case 5:
        return Math.cos(v);
      case 6:
        return Math.tan(v);
      case 7:
        return Math.tanh(v);
      case 8:
        return 1 / (1 + Math.exp(-v));
      case 9:
        return Lane.erf(v);
      case 10:
        return 0.5 * v * (1 + Lane.erf(v * Math.SQRT1_2));
      case 11:
        return (
          0.5 * (1 + Lane.erf(v * Math.SQRT1_2)) + v * Math.exp(-0.5 * v * v) * 0.3989422804014327
        );
      case 12:
        return v / (1 + Math.exp(-1.5957691216057308 * (v + 0.044715 * v * v * v)));
      default: {
        const s = 1 / (1 + Math.exp(-1.5957691216057308 * (v + 0.044715 * v * v * v)));
        return s + v * s * (1 - s) * 1.5957691216057308 * (1 + 0.134145 * v * v);
      }
    }
  }
  static map(f: i32, x: v128): v128 {
    let r = f32x4.splat(<f32>Lane.call(f, f32x4.extract_lane(x, 0)));
    r = f32x4.replace_lane(r, 1, <f32>Lane.call(f, f32x4.extract_lane(x, 1)));
    r = f32x4.replace_lane(r, 2, <f32>Lane.call(f, f32x4.extract_lane(x, 2)));
    return f32x4.replace_lane(r, 3, <f32>Lane.call(f, f32x4.extract_lane(x, 3)));
  }
}
class PowLane {
  static pow(a: f32, b: f32): f32 {
    if (a == 1) return 1;
    return <f32>Math.pow(a, b);
  }
}
export class F32x4Math {
  static exp(x: v128): v128 {
    return Lane.map(0, x);
  }
  static expm1(x: v128): v128 {
    return Lane.map(1, x);
  }
  static log(x: v128): v128 {
    return Lane.map(2, x);
  }
  static log1p(x: v128): v128 {
    return Lane.map(3, x);
  }
  static sin(x: v128): v128 {
    return Lane.map(4, x);
  }
  static cos(x: v128): v128 {
    return Lane.map(5, x);
  }
  static tan(x: v128): v128 {
    return Lane.map(6, x);
  }
  static tanh(x: v128): v128 {
    return Lane.map(7, x);
  }
  static sigmoid(x: v128): v128 {
    return Lane.map(8, x);
  }
  static erf(x: v128): v128 {
    return Lane.map(9, x);
  }
  static gelu(x: v128): v128 {
    return Lane.map(10, x);
  }
  static geluSlope(x: v128): v128 {
    return Lane.map(11, x);
  }
  static geluTanh(x: v128): v128 {
    return Lane.map(12, x);
  }
  static geluTanhSlope(x: v128): v128 {
    return Lane.map(13, x);
  }
  static pow(a: v128, b: v128): v128 {
    let r = f32x4.splat(PowLane.pow(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
    r = f32x4.replace_lane(r, 1, PowLane.pow(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
    r = f32x4.replace_lane(r, 2, PowLane.pow(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
    return f32x4.replace_lane(
      r,
      3,
      PowLane.pow(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)),
    );
  }
}
