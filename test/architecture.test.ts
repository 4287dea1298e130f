// The house's rules, held by reading the sources: imports go down, files stay small, and nothing that
// differs between JavaScript engines comes near a tensor.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

function list(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !path.endsWith(".generated.ts"))
    .sort();
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return;
    if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return;
    const typeOnly = ts.isExportDeclaration(node)
      ? node.isTypeOnly
      : node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    const target = node.moduleSpecifier.text;
    const from = target.startsWith(".")
      ? normalize(join(dirname(path), target)).replace(/\.js$/, ".ts")
      : target;
    imports.push({ from, typeOnly });
  });
  return { path, text, tree, imports };
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** "path:line  text" of every node that `wrong` says yes to. */
function offenders(sources: readonly Source[], wrong: (node: ts.Node) => boolean): string[] {
  const found: string[] = [];
  for (const { path, tree } of sources) {
    walk(tree, (node) => {
      if (!wrong(node)) return;
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      found.push(`${path}:${line + 1}  ${node.getText(tree).split("\n")[0]!}`);
    });
  }
  return found;
}

const src = list("src").map(read);
const assembly = list("assembly").map(read);

/** Lower layers first. A file may import from its own folder and from layers below. */
const LAYERS = [
  ["core"],
  ["memory"],
  ["kernels"],
  ["autograd"],
  ["ops"],
  ["nn", "optim", "data", "metrics", "io", "inspect", "fast"],
  ["methods"],
  ["methods.ts"],
  ["index.ts"],
];

/** "src/ops/math.ts" -> "ops"; "src/index.ts" -> "index.ts". */
const folderOf = (path: string): string => path.split("/")[1]!;
const layerOf = (path: string): number =>
  LAYERS.findIndex((names) => names.includes(folderOf(path)));

/** The cycles of a graph: its strongly connected components of more than one node (Tarjan). */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (v: string): void => {
    index.set(v, index.size);
    low.set(v, index.get(v)!);
    stack.push(v);
    for (const w of edges.get(v) ?? []) {
      if (!index.has(w)) visit(w);
      if (stack.includes(w)) low.set(v, Math.min(low.get(v)!, low.get(w)!));
    }
    if (low.get(v) !== index.get(v)) return;
    const component = stack.splice(stack.indexOf(v));
    if (component.length > 1 || (edges.get(v) ?? []).includes(v)) found.push(component.sort());
  };
  for (const v of edges.keys()) if (!index.has(v)) visit(v);
  return found;
}

describe("layers", () => {
  it("hold every file of src/", () => {
    expect(src.length).toBeGreaterThan(20);
    expect(src.map((file) => file.path).filter((path) => layerOf(path) < 0)).toEqual([]);
  });

  it("import only what lies below them, types included", () => {
    const upward = src.flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => from.startsWith("src/"))
        .filter(({ from }) => folderOf(from) !== folderOf(path) && layerOf(from) >= layerOf(path))
        .map(({ from }) => `${path} imports ${from}`),
    );
    expect(upward).toEqual([]);
  });

  it("import nothing but each other", () => {
    const foreign = src.flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => !from.startsWith("src/"))
        .map(({ from }) => `${path} imports ${from}`),
    );
    expect(foreign).toEqual([]);
    const dynamic = offenders(
      src,
      (node) => ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword,
    );
    expect(dynamic).toEqual([]);
  });

  it("leave methods.ts to index.ts", () => {
    const others = src
      .filter(({ imports }) => imports.some(({ from }) => from === "src/methods.ts"))
      .map((file) => file.path);
    expect(others).toEqual(["src/index.ts"]);
  });

  it("call no methods of tensors below index.ts, which puts them there: a program without it has none", () => {
    const below = ["core", "memory", "kernels", "autograd", "ops"];
    const files = list("src").filter((path) => below.includes(folderOf(path)));
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (file) =>
      ts.sys.readFile(file),
    ) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
    const paths = files.map((path) => join(root, path));
    const found = ts
      .getPreEmitDiagnostics(ts.createProgram(paths, options))
      .map(
        ({ file, messageText }) =>
          `${relative(root, file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
      );
    expect(found).toEqual([]);
  });

  it("have no cycle of files but in src/ops", () => {
    // Op families need each other: the gradient of a broadcast add is a sum, that of a sum an expand,
    // that of a mean a division. They call each other inside functions only, never while loading, so
    // the order in which they load doesn't matter; the next test holds that.
    const runtime = (file: Source): string[] =>
      file.imports.filter((i) => !i.typeOnly).map((i) => i.from);
    const graph = new Map(src.map((file) => [file.path, runtime(file)]));
    const outside = cycles(graph).filter((cycle) => cycle.some((path) => folderOf(path) !== "ops"));
    expect(outside).toEqual([]);
  });

  it("use nothing of a sibling in src/ops while they load", () => {
    const found = src
      .filter(({ path }) => folderOf(path) === "ops")
      .flatMap(({ path, tree }) => {
        const siblings = new Set<string>();
        for (const node of tree.statements) {
          if (!ts.isImportDeclaration(node)) continue;
          const from = (node.moduleSpecifier as ts.StringLiteral).text;
          const names = node.importClause?.namedBindings;
          if (!from.startsWith("./") || names === undefined || !ts.isNamedImports(names)) continue;
          for (const name of names.elements) siblings.add(name.name.text);
        }
        const used: string[] = [];
        const visit = (node: ts.Node): void => {
          if (ts.isFunctionLike(node) || ts.isTypeNode(node) || ts.isImportDeclaration(node))
            return;
          if (ts.isCallExpression(node) && siblings.has(node.expression.getText(tree))) {
            used.push(`${path} calls ${node.expression.getText(tree)} while it loads`);
          }
          node.forEachChild(visit);
        };
        visit(tree);
        return used;
      });
    expect(found).toEqual([]);
  });

  it("of assembly/ have no cycle, and its index only exports", () => {
    const withExtension = (from: string): string => `${from}.ts`;
    const graph = new Map(
      assembly.map((file) => [file.path, file.imports.map((i) => withExtension(i.from))]),
    );
    expect(cycles(graph)).toEqual([]);
    const index = assembly.find((file) => file.path === "assembly/index.ts")!;
    expect(index.tree.statements.filter((node) => !ts.isExportDeclaration(node))).toEqual([]);
  });
});

describe("files", () => {
  const all = [...src, ...assembly];

  /** Micro-kernels with their loops written out. */
  const UNROLLED = new Set(["assembly/gemm/micro.ts"]);

  it("have at most 400 lines", () => {
    const long = all
      .filter(({ path }) => !UNROLLED.has(path))
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  it("open with what they are", () => {
    const bare = all.filter(({ text }) => !/^\/\/ \S|^\/\*\*/.test(text)).map((file) => file.path);
    expect(bare).toEqual([]);
  });

  it("have names that say something", () => {
    const vague = /(?:^|\/)(?:utils?|helpers?|misc|common)(?:\/|\.ts$)/i;
    expect(all.map((file) => file.path).filter((path) => vague.test(path))).toEqual([]);
  });

  it("leave nothing for later", () => {
    expect(
      all.filter(({ text }) => /\b(?:TODO|FIXME|XXX)\b/.test(text)).map((f) => f.path),
    ).toEqual([]);
  });
});

describe("TypeScript", () => {
  it("has no any", () => {
    expect(offenders(src, (node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
  });

  it("has at most one `as unknown as`", () => {
    const casts = offenders(
      src,
      (node) =>
        ts.isAsExpression(node) &&
        ts.isAsExpression(node.expression) &&
        node.expression.type.kind === ts.SyntaxKind.UnknownKeyword,
    );
    expect(casts.length, casts.join("\n")).toBeLessThanOrEqual(1);
  });

  it("silences no checker", () => {
    const silenced = src.filter(({ text }) => /@ts-(?:ignore|nocheck|expect-error)/.test(text));
    expect(silenced.map((file) => file.path)).toEqual([]);
  });

  it("awaits nothing at top level, so that require() works", () => {
    const found = offenders(src, (node) => {
      if (!ts.isAwaitExpression(node) && !(ts.isForOfStatement(node) && node.awaitModifier))
        return false;
      return ts.findAncestor(node, ts.isFunctionLike) === undefined;
    });
    expect(found).toEqual([]);
  });
});

describe("the same bits in every engine", () => {
  /** What IEEE 754 or integers define to the last bit. The rest of Math is up to the engine. */
  const EXACT = new Set(
    "abs ceil floor round trunc sign min max imul clz32 fround sqrt PI LN2 LN10 E SQRT2".split(" "),
  );
  /** Text for people: nothing computed there reaches a tensor. */
  const PRINTING = new Set(["src/ops/format.ts"]);
  const computing = src.filter((file) => !PRINTING.has(file.path));

  it("needs no Math.exp, Math.log, Math.pow, Math.sin, Math.random, ...", () => {
    const found = offenders(
      computing,
      (node) =>
        ts.isPropertyAccessExpression(node) &&
        node.expression.getText() === "Math" &&
        !EXACT.has(node.name.text),
    );
    expect(found).toEqual([]);
  });

  it("needs no ** but of literals", () => {
    const found = offenders(
      computing,
      (node) =>
        ts.isBinaryExpression(node) &&
        [ts.SyntaxKind.AsteriskAsteriskToken, ts.SyntaxKind.AsteriskAsteriskEqualsToken].includes(
          node.operatorToken.kind,
        ) &&
        !(ts.isNumericLiteral(node.left) && /^-?\d+$/.test(node.right.getText())),
    );
    expect(found).toEqual([]);
  });

  it("needs no relaxed SIMD", () => {
    expect(assembly.filter(({ text }) => /relaxed_/.test(text)).map((file) => file.path)).toEqual(
      [],
    );
  });
});
