/** docs/benchmarks.md. */
import {
  type Cells,
  type Results,
  cacheWords,
  cells,
  circumstances,
  elementwiseCells,
  matmulCells,
  reasons,
} from "./report.js";

function markdownTable(table: Cells): string {
  const [title, ...body] = table.map((line) => `| ${line.join(" | ")} |`);
  return [title, `|${" --- |".repeat(table[0]!.length)}`, ...body].join("\n");
}

const HOW = `Times are medians of calls, the median of alternating rounds; in brackets, how many times simdgrad is
faster. Each contestant works in a process of its own with the same inputs, on one thread. Answers are
compared: "difference" is the largest absolute difference to simdgrad's answer over its largest value (for
training, of the losses of the first steps), and a row whose answers differ is not "ok".

"of limit" is the share of what this core does at most, measured in the same rounds: for what computes, a
loop of independent SIMD multiplications and additions; for sums, relu, add and mul the plain SIMD loop that
does just that (Winograd's convolution does less arithmetic than is counted, hence more than 100%). Bars in
elements a nanosecond were set where that limit is 64 GFLOP/s and are scaled to the limit of the row. Where
a bar is a time, the same bar is also given as a ratio to a peer, since machines differ: the verdict is "by
ratio" where only the ratio holds.

On a shared host the shares of the limit vary: alternating every few milliseconds on one core, a product was
measured at 39 of 39 GFLOP/s in some seconds and at 24 of 33 in others, presumably beside a neighbour on the
same physical core, who takes instruction slots: a product has 26 instructions for 16 that compute, the
limit's loop little else. Ratios to the peers of the same run are what to go by.

Training steps are forward, loss, backward and Adam; simdgrad's run without any disposal by hand ("spilled a
step": bytes that a step moved out of the heap), tfjs-wasm's under its own \`tidy\`, jax-js's as one jitted
function. "captured" is the same work through \`capture\`; the peers' figures beside it are those of the row
above, and so they are beside "two threads" (\`setThreads(2)\`; the bar there is for two free cores). Single
ops release their results by hand in every library, but for simdgrad's eager add, which disposes of nothing.
The peers' kernels are downloaded as .wasm files; simdgrad's are packed, and the file counted holds what
unpacks them, too (as a .wasm file, which no page downloads, they are a fifth larger). tfjs-wasm works in
its own layout (NHWC); jax-js's single ops are jitted too; onnxruntime-web runs a model of that one op,
whose weights (the second operand of a product or a convolution) are part of the model, and copies its
inputs and outputs (into one array, used again and again), as its interface asks.`;

function scalingPart({ scaling }: Results): string {
  if (!scaling) return "";
  const { caches } = scaling;
  const known = caches.length > 0 ? `Caches of a core: ${cacheWords(caches)}. ` : "";
  return `
## Does cost grow as the work grows

${known}"held by" names the smallest of them that holds operands and result together.
Small calls pay for dispatch, which is the rest of the time at 1K.

${markdownTable(elementwiseCells(scaling))}

${markdownTable(matmulCells(scaling))}
`;
}

/** The whole of docs/benchmarks.md. */
export function markdown(
  results: Results,
  versions: Readonly<Record<string, string>>,
  command: string,
): string {
  const cannot = reasons(results);
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `<!-- Written by \`${command}\`; do not edit. -->

# Benchmarks

![How many times faster than each peer, row by row](benchmarks.svg)

${circumstances(results)
  .map((line) => `- ${line}`)
  .join("\n")}
- Versions: ${named.join(", ")}.
- Date: ${new Date().toISOString().slice(0, 10)}.
- Repeat: \`${command}\` (installs the peers into \`bench/peers/node_modules\` when they are missing; \`--quick\` for a coarse run, \`--only <text>\` for some of the rows). \`npm run bench:compare\` holds a coarse run against the committed ratios.

${markdownTable(cells(results))}

${HOW}
${scalingPart(results)}${cannot.length ? `\n## Cannot\n\n${cannot.map((line) => `- ${line}`).join("\n")}\n` : ""}`;
}
