// Which recorded calls become chains, and what of their memory is left alone: plans for lists of calls
// whose operands lie wherever a case wants them.
import { describe, expect, it } from "vitest";
import { CALL, joinCalls, type Owner, type Range } from "../../src/kernels/chain.js";
import { type Kernel, kernels } from "../../src/kernels/loader.js";

const N = 40_000;
/** Room for N floats, and a little more. */
const MB = 1 << 20;
const [A, B, C, D, E] = [5 * MB, 6 * MB, 7 * MB, 8 * MB, 9 * MB] as const;
const all: readonly number[] = [A, B, C, D, E];

type Name = keyof typeof kernels;
type Call = readonly [
  name: Name,
  pointers: readonly number[],
  cols?: number,
  /** For each input; of kernels whose units are rows, what comes behind the columns. */
  strides?: readonly number[],
  /** Outer dims: size, then a stride for each input; of kernels whose units are rows their number. */
  dims?: readonly (readonly number[])[],
];

/** Words of a chain before its links, and of a link before its pointers' steps. */
const [HEAD, LINK] = [3, 4] as const;

const nameOf = (address: number): string => "ABCDE"[all.indexOf(address)] ?? "?";

/**
 * The plan for a list of calls: names one behind the other, chains in brackets, and behind each chain the
 * addresses that it does not touch. What is free is an address, of 800 bytes, or a buffer, which calls may have to
 * do with only from number `since` on.
 */
function planOf(
  list: readonly Call[],
  free: readonly (number | (Range & { since?: number }))[],
  ends = [list.length],
  pieces: number[] = [],
): string {
  const words: number[] = [];
  const calls: number[] = [];
  const used: Kernel<readonly number[]>[] = [];
  const blocks: number[] = [];
  for (const [name, pointers, n = N, strides = pointers.slice(1).map(() => 1), dims = []] of list) {
    const kernel = kernels[name] as Kernel<readonly number[]>;
    const rows = dims.reduce((product, [size]) => product * size!, 1);
    const isByRows = /^[^1-9]/.test(kernel.sizes);
    calls.push(kernel.index, words.length, rows * (isByRows ? 1 : Math.ceil(n / 1024)));
    used.push(kernel);
    blocks.push(words.length);
    if (isByRows) {
      words.push(...pointers, n, ...strides);
      continue;
    }
    const scalars = Array.from({ length: kernel.scalars }, () => 0);
    words.push(...pointers, rows, n, ...strides, ...scalars, dims.length, ...dims.flat());
  }
  const buffers = free
    .map((x) => (typeof x === "number" ? { at: x, bytes: 800 } : x))
    .map((x) => ({ since: 0, ...x, buffer: { refs: 0 } }))
    .reverse();
  const owner = (address: number, call: number): Owner | undefined =>
    buffers.find((x) => x.since <= call && x.at <= address && address < x.at + x.bytes);
  const recorded = { kernels: used, calls, words, owner };
  let from = 0;
  for (const end of ends) {
    joinCalls(recorded, from, end);
    from = end;
  }
  const parts: string[] = [];
  for (let i = 0; i < list.length; i++) {
    if (calls[CALL * i] !== kernels.chain32.index) {
      if (calls[CALL * i + 2]! > 0) parts.push(list[i]![0]);
      continue;
    }
    const chain = calls[CALL * i + 1]!;
    const names: string[] = [];
    const gone = new Map<number, string>();
    pieces.push(words[chain + 2]!);
    let link = chain + HEAD;
    for (let k = 0; k < words[chain]!; k++) {
      const block = chain + words[link + 1]! / 4;
      link += LINK + words[link + LINK - 1]!;
      const [name, pointers] = list[blocks.indexOf(block)]!;
      names.push(name);
      pointers.forEach((p, j) => {
        if (words[block + j] !== p) gone.set(p, nameOf(p));
      });
    }
    parts.push(`[${names.join(" ")}]${[...gone.values()].sort().join("")}`);
  }
  return parts.join(" ");
}

const neg = (x: number, out: number): Call => ["negF32", [x, out]];
const copy = (x: number, out: number): Call => ["copy32", [x, out]];
const add = (x: number, y: number, out: number): Call => ["addF32", [x, y, out]];

describe("a plan", () => {
  it("joins neighbours, and keeps what only they need out of memory", () => {
    expect(planOf([neg(A, B), neg(B, C), neg(C, D)], [B, C])).toBe("[negF32 negF32 negF32]BC");
    expect(planOf([neg(A, B), neg(B, C)], [])).toBe("[negF32 negF32]");
    expect(planOf([add(A, E, B), add(B, B, C), add(B, C, D)], [B, C])).toBe(
      "[addF32 addF32 addF32]BC",
    );
  });

  it("ends where a check is made, and joins what has as many elements or a multiple", () => {
    expect(planOf([neg(A, B), neg(B, C), neg(C, D), neg(D, E)], [], [2, 4])).toBe(
      "[negF32 negF32] [negF32 negF32]",
    );
    expect(planOf([neg(A, B), neg(B, C)], [], [1, 2])).toBe("negF32 negF32");
    expect(planOf([neg(A, B), ["negF32", [C, D], 2 * N]], [])).toBe("[negF32 negF32]");
    expect(planOf([["negF32", [C, D], 2 * N], neg(A, B)], [])).toBe("[negF32 negF32]");
    expect(planOf([neg(A, B), ["negF32", [C, D], 2 * N + 1]], [])).toBe("negF32 negF32");
    expect(planOf([neg(A, B), ["negF32", [B, D], 2 * N]], [])).toBe("negF32 negF32");
  });

  it("leaves few elements and other kernels alone", () => {
    const few = (x: number, out: number): Call => ["negF32", [x, out], 32_767];
    expect(planOf([few(A, B), few(B, C)], [])).toBe("negF32 negF32");
    expect(planOf([["softmaxF32", [A, B]], neg(B, C)], [B])).toBe("softmaxF32 negF32");
  });

  it("has each call find what it would have found: memory that lies apart, or in step", () => {
    expect(planOf([neg(A, B), neg(B + 4, C)], [])).toBe("negF32 negF32"); // read after write
    expect(planOf([neg(A, B), neg(C, A + 4)], [])).toBe("negF32 negF32"); // write after read
    expect(planOf([neg(A, B), neg(C, B + 4)], [])).toBe("negF32 negF32"); // write after write
    expect(planOf([neg(A, B), neg(C, A)], [])).toBe("[negF32 negF32]");
    expect(planOf([neg(A, B), neg(C, B)], [])).toBe("[negF32 negF32]");
    expect(planOf([neg(A, B), neg(A + 4, C)], [])).toBe("[negF32 negF32]");
  });

  describe("of rows", () => {
    /** x by its rows or columns, which are 200 of 200 floats. */
    const [byRow, byColumn] = [
      [0, 1],
      [1, 0],
    ] as const;
    const scaled = (
      x: number,
      s: number,
      out: number,
      [row, column]: readonly [number, number] = byRow,
      cols = 200,
      rows = N / cols,
    ): Call => ["mulF32", [x, s, out], cols, [1, column], [[rows, cols, row]]];
    const turned = (x: number, out: number): Call => ["negF32", [x, out], 200, [200], [[200, 1]]];
    const Z = 3 * MB;

    it("joins those of one length or a multiple, and all that don't mind rows", () => {
      expect(planOf([scaled(A, E, B), scaled(B, Z, C, byColumn)], [B])).toBe("[mulF32 mulF32]B");
      expect(planOf([neg(A, B), scaled(B, E, C), neg(C, D)], [B, C])).toBe(
        "[negF32 mulF32 negF32]BC",
      );
      expect(planOf([scaled(A, E, B), scaled(B, E, C, byRow, 400)], [B])).toBe("[mulF32 mulF32]B");
      expect(planOf([scaled(A, E, B), scaled(B, E, C, byRow, 160)], [B])).toBe("mulF32 mulF32");
      expect(planOf([scaled(A, E, B), neg(B, C), scaled(C, E, D, byRow, 160)], [B, C])).toBe(
        "[mulF32 negF32]B mulF32",
      );
      expect(planOf([scaled(A, E, B), ["negF32", [C, D], N + 1]], [])).toBe("mulF32 negF32");
    });

    it("joins none of more elements than a piece may have, or with too many dims", () => {
      const long = (cols: number): Call[] => [
        scaled(A, E, B, byRow, cols, 3),
        ["negF32", [B, C], 3 * cols],
      ];
      expect(planOf(long(16_384), [B])).toBe("[mulF32 negF32]B");
      expect(planOf(long(16_385), [B])).toBe("mulF32 negF32");
      const deep = (rank: number): Call[] => {
        const dims = Array.from({ length: rank - 1 }, () => [1, 0, 0]);
        return [["mulF32", [A, E, B], 200, [1, 0], [...dims, [200, 200, 1]]], neg(B, C)];
      };
      expect(planOf(deep(5), [B])).toBe("[mulF32 negF32]B");
      expect(planOf(deep(6), [B])).toBe("mulF32 negF32");
      const clamped: Call = ["clampF32", [A, B], 200, [1], [[200, 0]]];
      expect(planOf([clamped, neg(B, C)], [B])).toBe("[clampF32 negF32]B");
    });

    it("sees where strides lead", () => {
      const part = (x: number, stride: number): Call => ["negF32", [x, C], N, [stride]];
      expect(planOf([neg(A, B), part(D, 2)], [])).toBe("[negF32 negF32]");
      expect(planOf([neg(A, B), part(B, 2)], [])).toBe("negF32 negF32");
      expect(planOf([neg(A, B), part(B + 4 * N, -1)], [])).toBe("negF32 negF32");
      expect(planOf([neg(A, B), part(B + 8 * N, -1)], [])).toBe("[negF32 negF32]");
      expect(planOf([neg(A, B), part(B - 8 * N + 8, 2)], [])).toBe("negF32 negF32");
      expect(planOf([neg(A, B), part(B - 8 * N + 4, 2)], [])).toBe("[negF32 negF32]");
      expect(planOf([neg(A, B), turned(B, C)], [])).toBe("negF32 negF32");
      expect(planOf([neg(A, B), turned(A, C)], [])).toBe("[negF32 negF32]");
      expect(planOf([turned(A, B), neg(C, A)], [])).toBe("negF32 negF32");
      expect(planOf([neg(A, B), scaled(C, B, D)], [])).toBe("negF32 mulF32");
      expect(planOf([neg(A, B), scaled(C, B + 4 * N, D, byColumn)], [])).toBe("[negF32 mulF32]");
      const rows = (x: number): Call => ["negF32", [x, C], 200, [1], [[200, -200]]];
      expect(planOf([neg(A, B), rows(B + 4 * 39_800)], [])).toBe("negF32 negF32");
      expect(planOf([neg(A, B), rows(B + 4 * 79_800)], [])).toBe("[negF32 negF32]");
    });

    it("keeps copies that turn what they copy", () => {
      const copied: Call = ["copy32", [A, B], 200, [200], [[200, 1]]];
      expect(planOf([copied, neg(B, C)], [B])).toBe("[copy32 negF32]B");
    });

    it("takes whole rows at a time, where there are many a multiple of 16", () => {
      const pieceOf = (call: Call): number[] => {
        const pieces: number[] = [];
        planOf([call, ["negF32", [A, D], call[2]! * call[4]![0]![0]!]], [], undefined, pieces);
        return pieces;
      };
      expect(pieceOf(scaled(A, E, B))).toEqual([16]); // 20 were 4000 elements
      expect(pieceOf(scaled(A, E, B, byRow, 3, 15_000))).toEqual([1360]); // 1365 were 4095
      expect(pieceOf(scaled(A, E, B, byRow, 400))).toEqual([10]);
      expect(pieceOf(scaled(A, E, B, byRow, 12_000, 4))).toEqual([1]);
      const flat: number[] = [];
      planOf([neg(A, B), neg(B, C)], [], undefined, flat);
      expect(flat).toEqual([2048]);
    });

    it("has places for as many as there is room for", () => {
      const at = (k: number): number => 100 * MB + k * MB;
      const made = Array.from({ length: 9 }, (_, k) => scaled(A, E, at(k), byRow, 12_000, 4));
      const used = made.map((_, k): Call => ["addF32", [B, at(k), B], 48_000]);
      const free = made.map((_, k) => at(k));
      expect(planOf([...made, ...used], free).split("]")[1]).toBe("?".repeat(5));
    });
  });

  describe("of kernels whose units are rows", () => {
    const Z = 3 * MB;
    const softmax = (x: number, out: number, rows = 200, cols = N / rows, inner = 1): Call => [
      "softmaxF32",
      [x, out],
      cols,
      [inner],
      [[rows]],
    ];
    const most = (x: number, out: number, rows = 200): Call => [
      "amaxF32",
      [x, out],
      N / rows,
      [1],
      [[rows]],
    ];
    const norm = (pointers: readonly number[]): Call => [
      "layerNormF32",
      pointers,
      200,
      [0],
      [[200]],
    ];
    const dropout = (x: number, out: number, n = N): Call => [
      "dropoutF32",
      [x, out],
      n,
      [1, 2, 3, 4, 5],
      [[Math.ceil(n / 1024)]],
    ];
    /** x minus an element for each of its 200 rows. */
    const less = (x: number, m: number, out: number): Call => [
      "subF32",
      [x, m, out],
      200,
      [1, 0],
      [[200, 200, 1]],
    ];
    const few = (x: number, out: number): Call => ["sqrtF32", [x, out], 200];

    it("joins them with what is elementwise, and with each other", () => {
      expect(planOf([neg(A, B), softmax(B, C), neg(C, D)], [B, C])).toBe(
        "[negF32 softmaxF32 negF32]BC",
      );
      expect(planOf([softmax(A, B), softmax(B, C)], [B])).toBe("[softmaxF32 softmaxF32]B");
      expect(planOf([add(A, E, B), norm([B, Z, Z + MB, C, D, D + 800])], [B, D])).toBe(
        "[addF32 layerNormF32]BD",
      );
      expect(planOf([add(A, E, B), norm([B, 0, 0, C, D, D + 800])], [0, B])).toBe(
        "[addF32 layerNormF32]B",
      );
    });

    it("joins none over other dims than the last, of few elements, of too long rows", () => {
      expect(planOf([neg(A, B), softmax(B, C, 200, 200, 2)], [])).toBe("negF32 softmaxF32");
      expect(planOf([softmax(A, B, 32_767, 1), softmax(B, C, 32_767, 1)], [])).toBe(
        "softmaxF32 softmaxF32",
      );
      const long = (cols: number): Call[] => [["negF32", [A, B], 3 * cols], softmax(B, C, 3, cols)];
      expect(planOf(long(16_384), [B])).toBe("[negF32 softmaxF32]B");
      expect(planOf(long(16_385), [B])).toBe("negF32 softmaxF32");
    });

    it("joins what is an element for each row, but begins and ends with none of it", () => {
      const list = [most(A, B), few(B, C), less(A, C, D)];
      expect(planOf(list, [B, C])).toBe("[amaxF32 sqrtF32 subF32]BC");
      expect(planOf([few(E, B), ...list], [B, C])).toBe("sqrtF32 [amaxF32 sqrtF32 subF32]BC");
      expect(planOf([...list, few(C, E), few(E, E + 800)], [B, C, D])).toBe(
        "[amaxF32 sqrtF32 subF32]BD sqrtF32 sqrtF32",
      );
      expect(planOf([most(A, B), few(B, C)], [B, C])).toBe("amaxF32 sqrtF32");
      expect(planOf([neg(A, B), few(C, D), neg(B, E)], [B])).toBe("negF32 sqrtF32 negF32");
    });

    it("joins eight in between of so few elements, and not more", () => {
      const between = (count: number): Call[] => [
        most(A, B),
        ...Array.from({ length: count }, () => few(B, B)),
        less(A, B, D),
      ];
      expect(planOf(between(8), []).split("[").length).toBe(2);
      expect(planOf(between(9), []).split("[").length).toBe(1);
      expect(planOf([...between(8), ...between(8)], []).split("[").length).toBe(2);
    });

    it("joins rows of different lengths, where they are parts of each other", () => {
      expect(planOf([softmax(A, B, 400), softmax(B, C, 200)], [B])).toBe(
        "[softmaxF32 softmaxF32]B",
      );
      expect(planOf([softmax(A, B, 200), softmax(B, C, 400)], [B])).toBe(
        "[softmaxF32 softmaxF32]B",
      );
      expect(planOf([softmax(A, B, 200), softmax(B, C, 250)], [B])).toBe("softmaxF32 softmaxF32");
      expect(planOf([less(A, E, B), softmax(B, C, 400)], [B])).toBe("[subF32 softmaxF32]B");
      // Of what is an element for each row, a part of a row has none of its own.
      expect(planOf([most(A, B, 400), less(A, B, C)], [])).toBe("amaxF32 subF32");
      expect(planOf([most(A, B, 200), less(A, B, C)], [])).toBe("[amaxF32 subF32]");
    });

    it("takes rows that are whole units, 1024 elements, unit by unit", () => {
      const masked: Call = ["addF32", [A, E, B], 1 << 16, [1, 1], [[2, 1 << 16, 0]]];
      expect(planOf([masked, softmax(B, C, 512, 256)], [B])).toBe("[addF32 softmaxF32]B");
      const odd: Call = ["addF32", [A, E, B], 20_000, [1, 1], [[4, 20_000, 0]]];
      expect(planOf([odd, softmax(B, C, 400, 200)], [B])).toBe("addF32 softmaxF32");
      const n = 40 * 1024;
      const flat = (x: number, out: number): Call => ["negF32", [x, out], n];
      expect(planOf([flat(A, B), dropout(B, C, n), flat(C, D)], [B, C])).toBe(
        "[negF32 dropoutF32 negF32]BC",
      );
      expect(planOf([dropout(A, B, n), softmax(B, C, 80, 512)], [B])).toBe(
        "[dropoutF32 softmaxF32]B",
      );
      expect(planOf([neg(A, B), dropout(B, C), neg(C, D)], [])).toBe("negF32 dropoutF32 negF32");
    });

    it("tells memory of nobody from memory that is shared", () => {
      const grad = (dy: number, weight: number, dx: number): Call => [
        "layerNormGradF32",
        [dy, E, weight, Z, Z + 800, 0, dx],
        200,
        [],
        [[200]],
      ];
      expect(planOf([grad(A, 0, B), grad(B, 0, C)], [0, B])).toBe(
        "[layerNormGradF32 layerNormGradF32]B",
      );
      expect(planOf([grad(A, C, B), grad(B, C, D)], [0, B])).toBe(
        "[layerNormGradF32 layerNormGradF32]B",
      );
      // What is nobody's has no length.
      expect(planOf([neg(A, 80_000), grad(C, 0, B)], [])).toBe("[negF32 layerNormGradF32]");
      // As many elements as it has rows, but shared by all of them.
      expect(planOf([most(A, B), norm([C, B, 0, D, E, E + 800])], [])).toBe("amaxF32 layerNormF32");
      const wide: Call = ["layerNormF32", [C, B, 0, D, E, E + 400], 400, [0], [[100]]];
      expect(planOf([few(A, B + 1200), wide], [])).toBe("sqrtF32 layerNormF32");
      expect(planOf([neg(A, B - 4 * N + 1200), wide], [])).toBe("negF32 layerNormF32");
      expect(planOf([neg(A, B + 1600), wide], [])).toBe("[negF32 layerNormF32]");
    });

    it("joins few elements in rows, too, which make no rows longer", () => {
      const small = (rows: number): Call => softmax(C, D, rows, 3);
      expect(planOf([softmax(A, B), small(200), softmax(B, E)], [B])).toBe(
        "[softmaxF32 softmaxF32 softmaxF32]B",
      );
      expect(planOf([softmax(A, B), small(100), softmax(B, E)], [B])).toBe(
        "softmaxF32 softmaxF32 softmaxF32",
      );
      expect(planOf([neg(A, B), small(100), softmax(B, E)], [B])).toBe(
        "negF32 softmaxF32 softmaxF32",
      );
    });

    it("has each find what it would have found", () => {
      expect(planOf([neg(A, B), softmax(B + 4, C)], [])).toBe("negF32 softmaxF32");
      expect(planOf([neg(A, B), softmax(C, A + 4)], [])).toBe("negF32 softmaxF32");
      // Shared by all rows; an element for each row.
      expect(planOf([neg(A, B), norm([C, B, 0, D, E, E + 800])], [])).toBe("negF32 layerNormF32");
      expect(planOf([norm([C, B, 0, D, E, E + 800]), neg(A, B)], [])).toBe("layerNormF32 negF32");
      expect(planOf([neg(A, B), norm([C, A, 0, D, E, E + 800])], [])).toBe("[negF32 layerNormF32]");
      expect(planOf([neg(A, B), norm([C, 0, 0, D, B, E])], [])).toBe("negF32 layerNormF32");
      expect(planOf([most(A, B), less(A, B + 4, C)], [])).toBe("amaxF32 subF32");
      // C is read as an element for each row, then as a whole.
      expect(planOf([less(A, C, B), neg(C, D), neg(E, C + 800)], [])).toBe(
        "[subF32 negF32] negF32",
      );
      const byColumn: Call = ["subF32", [A, B, C], 200, [1, 1], [[200, 200, 0]]];
      expect(planOf([most(A, B), byColumn], [])).toBe("amaxF32 subF32");
    });

    it("has in memory what others read later, of several results each by itself", () => {
      const list = [add(A, E, B), norm([B, 0, 0, C, D, D + 800])];
      expect(planOf([...list, few(D, Z)], [B, D])).toBe("[addF32 layerNormF32]B sqrtF32");
      expect(planOf([...list, few(C, Z)], [B, C, D])).toBe("[addF32 layerNormF32]BD sqrtF32");
      const again = norm([Z, 0, 0, Z + MB, D, D + 800]);
      const next = { at: D, bytes: 800, since: 3 };
      expect(planOf([...list, few(E, E), again], [B, D, next])).toBe(
        "[addF32 layerNormF32]BD sqrtF32 layerNormF32",
      );
    });

    it("keeps copies of what one of several results overwrites", () => {
      const list = [copy(A, B), neg(B, C), norm([D, 0, 0, B, E, E + 800]), neg(B, Z)];
      expect(planOf(list, [B])).toBe("[copy32 negF32 layerNormF32 negF32]B");
    });

    it("keeps copies that spread an element over a row", () => {
      const spread: Call = ["copy32", [B, C], 200, [0], [[200, 1]]];
      expect(planOf([most(A, B), spread, neg(C, D)], [B, C])).toBe("[amaxF32 copy32 negF32]BC");
    });
  });

  it("tells one number for all from what it is a part of", () => {
    const scaled = (x: number, s: number, out: number): Call => ["addF32", [x, s, out], N, [1, 0]];
    expect(planOf([neg(A, B), scaled(C, B, D)], [])).toBe("negF32 addF32");
    expect(planOf([neg(A, B), scaled(C, B + 400, D)], [])).toBe("negF32 addF32");
    expect(planOf([scaled(A, E, B), scaled(B, E, C)], [B])).toBe("[addF32 addF32]B");
  });

  it("tells bools from floats that lie where they lay", () => {
    const less: Call = ["ltF32", [A, B, C]];
    const float: Call = ["castBoolToF32", [C, D]];
    expect(planOf([less, float, neg(D, E)], [C, D])).toBe("[ltF32 castBoolToF32 negF32]CD");
    // Floats over bools that are not read yet.
    const next = { at: C, bytes: 4 * N, since: 2 };
    expect(planOf([less, float, neg(D, C)], [C, D, next])).toBe("[ltF32 castBoolToF32]C negF32");
  });

  describe("has in memory", () => {
    it("what others read later", () => {
      expect(planOf([neg(A, B), neg(B, C), ["softmaxF32", [B, D]]], all)).toBe(
        "[negF32 negF32]C softmaxF32",
      );
      expect(planOf([neg(A, B), neg(B, C), ["softmaxF32", [B + 400, D]]], all)).toBe(
        "[negF32 negF32]C softmaxF32",
      );
      const behind = ["softmaxF32", [B + 4 * N, D]] as const;
      expect(planOf([neg(A, B), neg(B, C), behind], all)).toBe("[negF32 negF32]BC softmaxF32");
      const strided: Call = ["negF32", [B, D], N, [2]];
      expect(planOf([neg(A, B), neg(B, C), strided], all)).toBe("[negF32 negF32]C negF32");
    });

    it("what a chain finds there", () => {
      expect(planOf([add(B, A, C), neg(C, B)], all)).toBe("[addF32 negF32]C");
      expect(planOf([add(B, A, B), neg(B, C)], all)).toBe("[addF32 negF32]C");
    });

    it("parts of a buffer that others read from another address", () => {
      const buffer = { at: B, bytes: 12 * N };
      const parts = [neg(A, B), neg(A, B + 4 * N), neg(A, B + 8 * N)];
      for (const address of [B, B + 400, B + 4 * N, B + 12 * N - 4])
        expect(planOf([...parts, ["softmaxF32", [address, 3 * MB]]], [buffer])).toBe(
          "[negF32 negF32 negF32] softmaxF32",
        );
      expect(planOf([...parts, ["softmaxF32", [B + 12 * N, 3 * MB]]], [buffer])).toBe(
        "[negF32 negF32 negF32]??B softmaxF32",
      );
      const anew: Call = ["negF32", [E, B], 3 * N];
      const next = { ...buffer, since: 4 };
      expect(planOf([...parts, ["softmaxF32", [E, 3 * MB]], anew], [buffer, next])).toBe(
        "[negF32 negF32 negF32]??B softmaxF32 negF32",
      );
    });

    it("nothing that is no more when its memory is used again", () => {
      const shift: Call = ["negF32", [E, D], N, [0]];
      const later = (call: Call, ...next: (Range & { since?: number })[]): string =>
        planOf([neg(A, B), neg(B, C), ["softmaxF32", [C, D]], call, shift], [B, ...next]);
      const next = { at: B - 400, bytes: 800, since: 3 };
      expect(later(neg(D, B), next)).toBe("[negF32 negF32]B softmaxF32 [negF32 negF32]B");
      expect(later(add(D, B, C), next)).toBe("[negF32 negF32]B softmaxF32 [addF32 negF32]");
      expect(later(["softmaxF32", [B, D]], next)).toBe(
        "[negF32 negF32]B softmaxF32 softmaxF32 negF32",
      );
      expect(later(neg(D, B + 400), next)).toBe("[negF32 negF32] softmaxF32 [negF32 negF32]?");
      expect(later(neg(D, B))).toBe("[negF32 negF32] softmaxF32 [negF32 negF32]B");
      const after = { ...next, since: 4 };
      expect(later(neg(D, B), after)).toBe("[negF32 negF32] softmaxF32 [negF32 negF32]B");
    });

    it("what the scratch has no place for: 32 of what is needed at the same time", () => {
      const at = (k: number): number => 100 * MB + k * MB;
      const made = Array.from({ length: 40 }, (_, k) => neg(A, at(k)));
      const used = made.map((_, k) => add(B, at(k), B));
      const free = made.map((_, k) => at(k));
      expect(planOf([...made, ...used], free).split("]")[1]).toBe("?".repeat(32));
      const inTurn = made.flatMap((call, k) => [call, used[k]!]);
      expect(planOf(inTurn, free).split("]")[1]).toBe("?".repeat(40));
    });
  });
});
