// The speed of single ops, for docs/ops.md: `npm run bench:ops` measures each on one core and writes
// bench/ops.json; with names behind it (`npm run bench:ops -- qr svd`) only those, keeping the others.
// GB/s counts the bytes that an op must read and write, GFLOP/s one multiplication and one addition as
// two. What each is given stands in the tables in ops/: 1M elements, [1024, 1024] or [512, 512], less
// for slow ones. Machines are noisy: repeat it, and compare within one run.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import * as sg from "simdgrad";
import { creation } from "./ops/creation.js";
import { elementwise } from "./ops/elementwise.js";
import { inPlace } from "./ops/inPlace.js";
import type { Job, Jobs } from "./ops/job.js";
import { losses } from "./ops/losses.js";
import { moves } from "./ops/moves.js";
import { computed } from "./ops/products.js";
import { reductions } from "./ops/reductions.js";
import { signals } from "./ops/signals.js";

const tables: readonly Jobs[] = [
  ...[elementwise, reductions, losses, moves, creation, computed, signals, inPlace],
];

/** Seconds of a call: the median of calls that take about 30 ms together, after some to warm up. */
function seconds({ run, prepare }: Job): number {
  const call = (): number => {
    if (prepare !== undefined) sg.noGrad(prepare);
    const start = performance.now();
    sg.tidy(() => void sg.noGrad(run));
    return (performance.now() - start) / 1e3;
  };
  for (let i = 0; i < 3; i++) call();
  const times: number[] = [];
  for (let left = 0.03; times.length < 5 || (left > 0 && times.length < 200);) {
    const time = call();
    times.push(time);
    left -= time;
  }
  return times.sort((a: number, b: number) => a - b)[times.length >> 1]!;
}

/** Two digits at least, however slow. */
function shown(rate: number): string {
  if (rate < 0.1) return rate.toPrecision(2);
  return rate.toFixed(rate < 10 ? 2 : 1);
}

function measured(jobs: readonly (readonly [string, Job])[]): Record<string, string> {
  const speeds: Record<string, string> = {};
  for (const [name, job] of jobs) {
    const rate = job.work / seconds(job) / 1e9;
    speeds[name] = `${shown(rate)} ${job.flops ? "GFLOP/s" : "GB/s"}`;
    console.log(name.padEnd(32), speeds[name]);
  }
  return speeds;
}

const jobs = tables.flatMap((table) => Object.entries(table));
const twice = jobs.filter(([name], i) => jobs.findIndex(([other]) => other === name) !== i);
if (twice.length > 0) throw new Error(`listed twice: ${twice.map(([name]) => name).join(" ")}`);

const file = new URL("ops.json", import.meta.url);
const wanted = process.argv.slice(2);
const known = jobs.map(([name]) => name);
const strangers = wanted.filter((name) => !known.includes(name));
if (strangers.length > 0) throw new Error(`no such op: ${strangers.join(" ")}`);
const machine = `${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
const before = JSON.parse(readFileSync(file, "utf8")) as {
  readonly machine: string;
  readonly speeds: Record<string, string>;
};
// The page names one machine: figures of two don't go together.
if (wanted.length > 0 && before.machine !== machine) {
  throw new Error(`bench/ops.json is of ${before.machine}, this is ${machine}: measure all`);
}
const kept = wanted.length === 0 ? {} : before.speeds;
const found = measured(jobs.filter(([name]) => wanted.length === 0 || wanted.includes(name)));
const speeds = Object.fromEntries(
  Object.entries({ ...kept, ...found }).sort(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync(file, `${JSON.stringify({ machine, speeds }, null, 2)}\n`);
console.log("bench/ops.json is written; `npm run docs:ops` puts the figures into docs/ops.md");
