// Finds the programs in the documentation: ```ts blocks of Markdown files and @example blocks of
// comments. Makes a module out of each; running them is run.mjs.
import { readFileSync } from "node:fs";
import ts from "typescript";

export interface Block {
  /** "README.md:42" */
  readonly title: string;
  /** A name for its file. */
  readonly id: string;
  readonly code: string;
}

/** The ```ts blocks of a Markdown file. */
export function markdownBlocks(root: string, path: string): Block[] {
  const lines = readFileSync(`${root}/${path}`, "utf8").split("\n");
  const blocks: Block[] = [];
  let start = -1;
  lines.forEach((line, i) => {
    if (start < 0 && /^```ts\s*$/.test(line)) start = i + 1;
    else if (start >= 0 && /^```\s*$/.test(line)) {
      blocks.push(block(path, start, lines.slice(start, i)));
      start = -1;
    }
  });
  if (start >= 0) throw new Error(`${path}:${start}: the block doesn't end`);
  return blocks;
}

/** The @example blocks of a source file: up to the next tag or the comment's end. */
export function exampleBlocks(root: string, path: string): Block[] {
  const lines = readFileSync(`${root}/${path}`, "utf8").split("\n");
  const blocks: Block[] = [];
  let start = -1;
  lines.forEach((line, i) => {
    const ends = /\*\//.test(line) || /^\s*\*\s*@\w/.test(line);
    if (start >= 0 && ends) {
      const code = lines.slice(start, i).map((text) => text.replace(/^\s*\* ?/, ""));
      const bare = code.filter((text) => !/^```(?:ts)?\s*$/.test(text));
      blocks.push(block(path, start, bare));
      start = -1;
    }
    if (/^\s*(?:\/\*)?\*\s*@example\s*$/.test(line)) start = i + 1;
  });
  return blocks;
}

function block(path: string, start: number, lines: readonly string[]): Block {
  const title = `${path}:${start}`;
  return { title, id: title.replaceAll(/[^\w]+/g, "_"), code: lines.join("\n") };
}

/** What a `console.log(...); // text` line of a block must print. */
export interface Expected {
  readonly line: number;
  /** The text behind it, and that text with the comment lines that follow. */
  readonly texts: readonly string[];
}

const LOG_LINE = /^(\s*(?:.*[{;]\s*)?)console\.log\((.*)\);?\s*\/\/ ?(.+)$/;

export function expectedOutput(code: string): Expected[] {
  const lines = code.split("\n");
  return lines.flatMap((text, line) => {
    const match = LOG_LINE.exec(text);
    if (match === null) return [];
    let more = match[3]!;
    for (let i = line + 1; /^\s*\/\/ /.test(lines[i] ?? ""); i++) {
      more += ` ${lines[i]!.replace(/^\s*\/\/ /, "")}`;
    }
    return [{ line, texts: [match[3]!, more].map(squeeze) }];
  });
}

/** Whitespace doesn't count: a tensor is printed over several lines. */
export function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Exported names by the module that exports them. */
export type Exports = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The block as a module. One without imports gets those of the names that it mentions. Every
 * console.log with an expected text says which line it stands on, as its `this`.
 */
export function toModule(code: string, exports: Exports): string {
  const marked = code
    .split("\n")
    .map((text, line) =>
      LOG_LINE.test(text)
        ? text.replace("console.log(", `console.log.call({ line: ${line} }, `)
        : text,
    )
    .join("\n");
  if (/^\s*import\b/m.test(code)) return `${marked}\nexport {};\n`;
  const mentioned = new Set(code.match(/(?<![\w.])[A-Za-z_]\w*/g) ?? []);
  const imports: string[] = [];
  for (const [module, names] of exports) {
    const used = [...mentioned].filter((name) => names.has(name));
    if (used.length > 0) imports.push(`import { ${used.join(", ")} } from "${module}";`);
    for (const name of used) mentioned.delete(name);
  }
  // In a block of its own, a program may use an imported name for something else.
  return `${imports.join(" ")}\n{\n${marked}\n}\nexport {};\n`;
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  skipLibCheck: true,
};

/** The names that the packaged modules export, types included, main entry first. */
export function packagedExports(modules: readonly string[], folder: string): Exports {
  const text = modules.map((module, i) => `import * as m${i} from "${module}"; m${i};`).join("\n");
  const file = `${folder}/exports.ts`;
  ts.sys.writeFile(file, text);
  const program = ts.createProgram([file], OPTIONS);
  const checker = program.getTypeChecker();
  const found = new Map<string, ReadonlySet<string>>();
  program.getSourceFile(file)!.forEachChild((node) => {
    if (!ts.isImportDeclaration(node)) return;
    const symbol = checker.getSymbolAtLocation(node.moduleSpecifier);
    if (symbol === undefined) return;
    const names = checker.getExportsOfModule(symbol).map((s) => s.name);
    found.set((node.moduleSpecifier as ts.StringLiteral).text, new Set(names));
  });
  return found;
}

/** Type-checks and compiles the files next to where they are; the compiler's complaints by file. */
export function compile(files: readonly string[]): Map<string, string[]> {
  const program = ts.createProgram([...files], OPTIONS);
  const complaints = new Map<string, string[]>();
  for (const problem of [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics]) {
    const file = problem.file?.fileName ?? "";
    const text = ts.flattenDiagnosticMessageText(problem.messageText, "\n");
    complaints.set(file, [...(complaints.get(file) ?? []), text]);
  }
  return complaints;
}
