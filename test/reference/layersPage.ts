// docs/layers.md: what the reference tests find out about layers, losses, optimisers and schedulers while
// they run. Several test files hold rows of it: each compares its own, and one of them per table sees
// that there are no others. UPDATE_DOCS=1 writes them (one file after the other: `npm run docs:ops`).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { counted, errorText, type Facts, gradientText, noFacts } from "./facts.js";

const file = new URL("../../docs/layers.md", import.meta.url);
const updating = process.env["UPDATE_DOCS"] === "1";

const INTRODUCTION = `# Every layer, loss, optimiser and scheduler, and what holds it

Made by the tests (\`npm run docs:ops\`) and compared with them at every run: an export of \`simdgrad/nn\` or \`simdgrad/optim\` without a row fails them.

- **forward**: cases compared with PyTorch's values, computed in float64 and rounded once, from the same state dict; the buffers after each step as well. Where random numbers decide, the cases are those that have none (evaluation, p = 0), and the file named tests the rest.
- **gradients**: of the inputs and of all parameters, compared with PyTorch's; the greatest error found, over the largest magnitude in the gradient.
- **maximum error** of the outputs: in units in the last place, or where results are sums of many terms, over the largest magnitude in the result. Of optimisers: of the parameters after each step, over the largest magnitude in the parameter. Of schedulers: of the learning rates (and momenta), float64 numbers, relative.
`;

const HEADS = {
  Layers: ["layer", "forward", "parameters", "gradients", "maximum error"],
  Losses: ["loss", "forward", "gradients", "maximum error"],
  Optimisers: ["optimiser", "cases", "steps", "maximum error"],
  Schedulers: ["scheduler", "cases", "steps", "maximum error"],
  "Everything else": ["export", "held by"],
} as const;

type Table = keyof typeof HEADS;
/** Cells behind the name. */
export type Rows = Readonly<Record<string, readonly string[]>>;

const cellsOf = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows that the page has. */
function read(table: Table): Rows {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const [, part = ""] = text.split(new RegExp(`^## ${table}$`, "m"));
  const lines = part.split(/^## /m)[0]!.split("\n");
  const rows = lines.filter((line) => line.startsWith("|")).slice(2);
  return Object.fromEntries(rows.map(cellsOf).map(([name, ...cells]) => [name!, cells]));
}

function lines(table: Table, rows: Rows): string {
  const head = HEADS[table];
  const named = Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1));
  const all = [head, head.map(() => "---"), ...named.map(([name, cells]) => [name, ...cells])];
  return `\n## ${table}\n\n${all.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function write(table: Table, rows: Rows): void {
  const names = Object.keys(HEADS) as Table[];
  const text = names.map((name) => lines(name, name === table ? rows : read(name)));
  writeFileSync(file, INTRODUCTION + text.join(""));
}

/** Compares rows of a table with what a test has found. */
export function checkRows(table: Table, found: Rows): void {
  if (updating) write(table, { ...read(table), ...found });
  const rows = read(table);
  const own = Object.keys(found).map((name) => [name, rows[name]]);
  expect(Object.fromEntries(own)).toEqual(found);
}

/** The names of all rows, of every table. */
export function namesOnPage(): readonly string[] {
  return (Object.keys(HEADS) as Table[]).flatMap((table) => Object.keys(read(table)));
}

/** Sees that a table has these rows and no others; whoever updates loses the others. */
export function checkNames(table: Table, names: readonly string[]): void {
  if (!updating) {
    expect(readFileSync(file, "utf8").startsWith(INTRODUCTION)).toBe(true);
    expect(Object.keys(read(table)).sort()).toEqual([...names].sort());
    return;
  }
  const kept = Object.entries(read(table)).filter(([name]) => names.includes(name));
  write(table, Object.fromEntries(kept));
}

/** What cases have shown of a layer, and of which parameters. */
export interface LayerFacts extends Facts {
  readonly parameters: Set<string>;
}

/** Facts by name, made when first asked for. */
export class Found {
  private readonly facts = new Map<string, LayerFacts>();

  of(name: string): LayerFacts {
    const found = this.facts.get(name) ?? { ...noFacts(), parameters: new Set<string>() };
    this.facts.set(name, found);
    return found;
  }

  get names(): readonly string[] {
    return [...this.facts.keys()];
  }

  /** Rows of layers; `also` names what holds them besides. */
  layers(also: Readonly<Record<string, string>> = {}): Rows {
    return this.rows((facts, name) => [
      name in also ? `${counted(facts.cases)}; ${also[name]!}` : counted(facts.cases),
      parametersText([...facts.parameters]),
      gradientText(facts),
      errorText(facts),
    ]);
  }

  losses(): Rows {
    return this.rows((facts) => [counted(facts.cases), gradientText(facts), errorText(facts)]);
  }

  optimisers(steps: number): Rows {
    return this.rows((facts) => [counted(facts.cases), `${steps}`, errorText(facts)]);
  }

  private rows(cells: (facts: LayerFacts, name: string) => readonly string[]): Rows {
    return Object.fromEntries(
      [...this.facts].map(([name, facts]) => [name, cells(facts, name)] as const),
    );
  }
}

function parametersText(names: readonly string[]): string {
  if (names.length > 4) return `${names.length} in all`;
  return [...names].sort().join(", ") || "none";
}
