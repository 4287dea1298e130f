// What the signatures of nn's classes and functions name must be there to be named: options that a program
// keeps in variables, inputs that it passes on.
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Whether nobody outside of a class sees a member. */
function isHidden(node: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];
  return modifiers.some(({ kind }) => hidden.includes(kind));
}

/** The names of types in a declaration: without bodies, hidden members and what it inherits from. */
function references(node: ts.Node, found: ts.TypeReferenceNode[] = []): ts.TypeReferenceNode[] {
  if (ts.isBlock(node) || ts.isHeritageClause(node) || isHidden(node)) return found;
  if (ts.isTypeReferenceNode(node)) found.push(node);
  node.forEachChild((child) => void references(child, found));
  return found;
}

it("every type in nn's signatures is exported, by nn or by the package", () => {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, strict: true };
  const entry = (path: string): string => `${root}src/${path}`;
  const program = ts.createProgram([entry("index.ts")], options);
  const checker = program.getTypeChecker();
  const real = (s: ts.Symbol): ts.Symbol =>
    s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s;
  const exportsOf = (path: string): ts.Symbol[] => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry(path))!)!;
    return checker.getExportsOfModule(module).map(real);
  };
  const ours = exportsOf("nn/index.ts");
  expect(ours.length).toBeGreaterThan(100);
  const named = new Set([...ours, ...exportsOf("index.ts")]);
  const missing = ours
    .flatMap((symbol) => symbol.declarations ?? [])
    .filter((node) => !ts.isSourceFile(node))
    .flatMap((node) =>
      references(node).flatMap((reference) => {
        const type = checker.getSymbolAtLocation(reference.typeName);
        if (!type || type.flags & ts.SymbolFlags.TypeParameter || named.has(real(type))) return [];
        const file = real(type).declarations?.[0]?.getSourceFile().fileName ?? "";
        return file.startsWith(`${root}src/`) ? [`${type.name} of ${file.slice(root.length)}`] : [];
      }),
    );
  expect([...new Set(missing)]).toEqual([]);
}, 60_000);
