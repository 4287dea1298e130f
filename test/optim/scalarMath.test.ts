// The scalar functions behind learning rates, against Math (whose own error is below an ulp).
import { describe, expect, it } from "vitest";
import { cos, pow } from "../../src/core/scalarMath.js";

describe("cos", () => {
  it("is exact to 3e-16", () => {
    let worst = 0;
    for (let i = -20000; i <= 20000; i++) {
      const x = i * 0.0037 + (i % 7) * 31.4;
      worst = Math.max(worst, Math.abs(cos(x) - Math.cos(x)));
    }
    expect(worst).toBeLessThan(3e-16);
    expect([cos(0), cos(-0), cos(Math.PI)]).toEqual([1, 1, -1]);
    expect(cos(NaN)).toBeNaN();
  });
});

describe("pow", () => {
  it("is Math's to a relative 1e-15 (1 + |y ln x|)", () => {
    for (const x of [1e-300, 1e-9, 0.04, 0.7, 0.96, 0.9999, 1, 1.3, 7, 1e9, 1e300]) {
      for (const y of [-2.5, -1, -0.004, 0, 0.9, 0.5, 1 / 3, 1, 2, 5, 13, 0.37]) {
        const want = Math.pow(x, y);
        const limit = 1e-15 * (1 + Math.abs(y * Math.log(x))) * want;
        if (!Number.isFinite(want)) expect(pow(x, y)).toBe(want);
        else expect(Math.abs(pow(x, y) - want), `${x}^${y}`).toBeLessThanOrEqual(limit);
      }
    }
  });

  it("has the limits", () => {
    expect([pow(0, 0.5), pow(0, -0.5), pow(Infinity, 0.5), pow(Infinity, -0.5)]).toEqual([
      ...[0, Infinity, Infinity, 0],
    ]);
    expect([pow(0, 0), pow(3, 4), pow(2, -3), pow(1e-300, 1.5), pow(1e300, 1.5)]).toEqual([
      ...[1, 81, 0.125, 0, Infinity],
    ]);
    expect([pow(2, Infinity), pow(2, -Infinity), pow(0.5, Infinity)]).toEqual([Infinity, 0, 0]);
  });

  it.each([
    [NaN, 0.5],
    [2, NaN],
    [0, NaN],
    [-1, 0.5],
    [1, Infinity],
  ])("of %d to the %d is NaN", (x, y) => {
    expect(pow(x, y)).toBeNaN();
  });

  it("of whole powers is off by no more than 2^-52 (1 + |y|)", () => {
    for (const [x, y] of [
      [0.999, 1e5],
      [0.9, 1000],
      [1.0001, 1e6],
      [0.95, -77],
    ] as const) {
      const want = Math.pow(x, y);
      const limit = 2 ** -52 * (1 + Math.abs(y)) * want;
      expect(Math.abs(pow(x, y) - want)).toBeLessThanOrEqual(limit);
    }
  });
});
