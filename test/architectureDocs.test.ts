// What the package exports says what it is: every function, class, type and member that a program can see
// has a comment of its own.
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const ENTRIES = ["", "nn/", "optim/", "data/", "io/", "inspect/", "fast/"].map((folder) =>
  join(root, "src", folder, "index.ts"),
);

const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, strict: true };
const program = ts.createProgram(ENTRIES, options);
const checker = program.getTypeChecker();

const resolved = (symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/** Whether nobody outside of a class sees a member, or another comment says what it is. */
function needsNone(node: ts.Declaration): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  if (ts.getCombinedModifierFlags(node) & hidden) return true;
  // The class's comment is its constructor's and its settings', too.
  if (ts.isConstructorDeclaration(node) || ts.isParameter(node)) return true;
  if (ts.isPropertyDeclaration(node)) return true;
  const name = ts.getNameOfDeclaration(node)?.getText() ?? "";
  return ["forward", "toString"].includes(name) || name.startsWith("#") || name.startsWith("[");
}

const documented = (symbol: ts.Symbol): boolean =>
  symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;

it("every export and every public member of it has a comment", () => {
  const exported = new Set<ts.Symbol>();
  const collect = (module: ts.Symbol): void => {
    for (const symbol of checker.getExportsOfModule(module).map(resolved)) {
      if (exported.has(symbol)) continue;
      exported.add(symbol);
      if (symbol.flags & ts.SymbolFlags.ValueModule) collect(symbol);
    }
  };
  for (const entry of ENTRIES) collect(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!);
  expect(exported.size).toBeGreaterThan(500);
  const bare: string[] = [];
  let seen = 0;
  const look = (symbol: ts.Symbol, of = ""): void => {
    const node = symbol.declarations?.[0];
    const file = node?.getSourceFile().fileName ?? "";
    if (!node || ts.isSourceFile(node) || !file.startsWith(root + "src/")) return;
    // A tensor's methods are the functions of the same names.
    if (/src\/methods[./]/.test(file)) return;
    seen++;
    if (!documented(symbol) && !ts.isInterfaceDeclaration(node))
      bare.push(`${relative(root, file)}: ${of}${symbol.name}`);
    if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return;
    const inherited = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    for (const member of [...inherited, ...(symbol.exports?.values() ?? [])]) {
      const [own] = member.declarations ?? [];
      if (!own || ts.isTypeParameterDeclaration(own) || needsNone(own)) continue;
      look(member, `${symbol.name}.`);
    }
  };
  for (const symbol of exported) look(symbol);
  expect(seen).toBeGreaterThan(1000);
  expect(bare).toEqual([]);
}, 60_000);
