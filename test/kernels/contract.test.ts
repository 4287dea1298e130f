// The contract and the kernels say the same: every name in it is exported by both builds and the other
// way round, and the classes through which a kernel reads its parameters have the contract's slots.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { contract } from "../../src/kernels/contract.js";
import { builds } from "./harness.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const kernels: Record<string, readonly string[]> = contract;
/** What the ABI exports besides kernels. */
const SETUP = ["heapBase", "replay", "setScratch"];

describe.each(builds)("the %s build", (build) => {
  // Memory is all it gets: if it imported anything else, this would throw.
  const bytes = readFileSync(join(root, `build/kernels.${build}.wasm`));
  const env = { memory: new WebAssembly.Memory({ initial: 32, maximum: 65536 }) };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });

  it("exports the contract's kernels and no others", () => {
    const exported = Object.keys(exports).filter((name) => !["table", ...SETUP].includes(name));
    expect(exported.sort()).toEqual(Object.keys(kernels).sort());
    for (const name of [...exported, ...SETUP]) expect(exports[name]).toBeTypeOf("function");
  });
});

describe("the contract", () => {
  it("names a kernel by op and dtype, its parameters once each", () => {
    for (const [name, params] of Object.entries(kernels)) {
      expect(name).toMatch(/^[a-z][A-Za-z0-9]*?(?:F32|I32|Bool|32|8)$/);
      const names = params.map((param) => param.split(": ")[0]);
      expect(new Set(names).size, name).toBe(names.length);
      const rest = params.findIndex((param) => param.endsWith("..."));
      expect(rest === -1 || rest === params.length - 1, name).toBe(true);
      expect(params.length, name).toBeLessThan(1024); // the 4 KiB parameter block
    }
  });
});

// What follows reads assembly/ as text: which classes a kernel lays over its parameter block, and where.

type Callable = ts.FunctionDeclaration | ts.MethodDeclaration;

interface Slot {
  readonly name: string;
  readonly kind: string;
  /** The class that it is a field of. */
  readonly owner: string;
}

/** By slot number: a kernel may see its block through several classes. */
type Slots = Map<number, Slot[]>;

const functions = new Map<string, Callable>();
const classes = new Map<string, ts.ClassDeclaration>();

for (const entry of readdirSync(join(root, "assembly"), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
  const path = join(entry.parentPath, entry.name);
  const tree = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ESNext, true);
  for (const node of tree.statements) {
    if (ts.isFunctionDeclaration(node)) functions.set(`${path}#${node.name!.text}`, node);
    if (!ts.isClassDeclaration(node)) continue;
    const name = node.name!.text;
    classes.set(`${path}#${name}`, node);
    for (const member of node.members) {
      if (ts.isMethodDeclaration(member))
        functions.set(`${path}#${name}.${member.name.getText()}`, member);
    }
  }
}

/** The file's own, or the one of that name that another file exports. */
function lookup<T extends ts.Declaration>(
  table: ReadonlyMap<string, T>,
  from: ts.Node,
  name: string,
): T | undefined {
  const own = table.get(`${from.getSourceFile().fileName}#${name}`);
  if (own !== undefined) return own;
  const elsewhere = [...table].filter(([key]) => key.endsWith(`#${name}`));
  return elsewhere.length === 1 ? elsewhere[0]![1] : undefined;
}

const SLOT_KINDS: Record<string, string> = { usize: "ptr", u32: "int", i32: "int", f32: "f32" };

/** The slots of an @unmanaged class, in order; a 64-bit field takes two. */
function slotsOf(node: ts.ClassDeclaration): Slot[] {
  const owner = node.name!.text;
  return node.members.filter(ts.isPropertyDeclaration).flatMap((field) => {
    if (field.modifiers?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword)) return [];
    const name = field.name.getText();
    const type = field.type!.getText();
    if (type === "f64" || type === "u64" || type === "i64") {
      return [`${name}Low`, `${name}High`].map((half) => ({ name: half, kind: "int", owner }));
    }
    const kind = SLOT_KINDS[type] ?? (lookup(classes, node, type) === undefined ? type : "ptr");
    return [{ name, kind, owner }];
  });
}

/**
 * Collects every `changetype<SomeClass>(args + offset)` that a function makes, and what it hands `args` to:
 * functions that it calls with it, and those that it gives them to call.
 */
function collect(node: Callable, slots: Slots, seen = new Set<ts.Node>()): void {
  const visit = (child: ts.Node): void => {
    if (ts.isCallExpression(child)) {
      const [first] = child.arguments;
      const at = first === undefined ? undefined : offsetFromArgs(first);
      const callee = child.expression.getText();
      if (callee === "changetype" && at !== undefined) {
        const found = lookup(classes, child, child.typeArguments![0]!.getText());
        if (found === undefined) return;
        slotsOf(found).forEach((slot, i) => {
          const same = slots.get(at / 4 + i) ?? [];
          slots.set(at / 4 + i, [...same, slot]);
        });
      } else if (at === 0) {
        for (const name of [
          callee,
          ...child.arguments.filter(ts.isIdentifier).map((x) => x.text),
        ]) {
          const next = lookup(functions, child, name);
          if (next !== undefined && !seen.has(next)) collect(next, slots, seen.add(next));
        }
      }
    }
    child.forEachChild(visit);
  };
  node.forEachChild(visit);
}

/** `args` -> 0, `args + 12` -> 12, anything else -> undefined. */
function offsetFromArgs(node: ts.Expression): number | undefined {
  if (node.getText() === "args") return 0;
  const match = /^args \+ (\d+)$/.exec(node.getText());
  return match === null ? undefined : Number(match[1]);
}

function kernelNamed(name: string): Callable {
  const exported = readFileSync(join(root, "assembly/index.ts"), "utf8");
  const block = [...exported.matchAll(/export \{([^}]*)\} from "\.\/([^"]+)"/g)].find(([, names]) =>
    names!.split(",").some((n) => n.trim() === name),
  );
  const path = join(root, "assembly", `${block?.[2] ?? "?"}.ts`);
  const found = functions.get(`${path}#${name}`);
  if (found === undefined)
    throw new Error(`assembly/index.ts doesn't export ${name} from where it is`);
  return found;
}

/** Those that read their block through Walk: its layout is the elementwise one. */
const ELEMENTWISE =
  /^(?:\w+: ptr,)+out: ptr,rows: u32,cols: u32,(?:s\w+: i32,)+(?:p\d: f32,)*rank: u32,dims: i32\.\.\.$/;

const blocks = new Map(
  Object.keys(kernels).map((name) => {
    const slots: Slots = new Map();
    collect(kernelNamed(name), slots);
    return [name, slots] as const;
  }),
);

/** Classes that several kernels use may call a slot by a name that fits them all. */
function isShared(owner: string): boolean {
  const users = [...blocks.values()].filter((slots) =>
    [...slots.values()].some((same) => same.some((slot) => slot.owner === owner)),
  );
  return users.length > 1;
}

function problems(params: readonly string[], slots: Slots): string[] {
  const fixed = params.filter((param) => !param.endsWith("..."));
  const wrong = fixed.flatMap((param, i) => {
    const [name, type] = param.split(": ") as [string, string];
    const kind = type.replace(/^[ui]32$/, "int");
    const read = slots.get(i) ?? [];
    const fits = (slot: Slot): boolean =>
      slot.kind === kind && (slot.name === name || isShared(slot.owner));
    if (read.some(fits)) return [];
    return [
      `slot ${i} is ${param}; read as ${read.map((s) => `${s.name}: ${s.kind}`).join() || "nothing"}`,
    ];
  });
  const beyond = [...slots].filter(
    ([i, same]) => i >= fixed.length && !same.every((s) => isShared(s.owner)),
  );
  return [...wrong, ...beyond.map(([i]) => `slot ${i} is read, but isn't in the contract`)];
}

describe("a kernel's parameter block", () => {
  it.each(Object.keys(kernels))("of %s has the contract's slots", (name) => {
    const params = kernels[name]!;
    const slots = blocks.get(name)!;
    const signature = kernelNamed(name).parameters.map((p) => p.getText());
    expect(signature).toEqual(["args: usize", "start: u32", "end: u32"]);
    if (slots.size === 0) {
      expect(params.join()).toMatch(ELEMENTWISE);
      const strides = params.filter((param) => /^s\w+: i32$/.test(param));
      expect(strides).toHaveLength(params.indexOf("out: ptr"));
    } else {
      expect(problems(params, slots)).toEqual([]);
    }
  });

  it("is read through a class by most kernels, so that the comparison is one", () => {
    const walked = [...blocks.values()].filter((slots) => slots.size === 0).length;
    expect(walked).toBeGreaterThan(0);
    expect(blocks.size - walked).toBeGreaterThan(30);
  });
});
