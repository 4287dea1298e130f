// Prints the SHA-256 of the weights that test/same-bits/train.ts arrives at with the built library. Where
// arithmetic has changed on purpose, write it down: `npm run build && node scripts/same-bits.mjs --write`
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { register } from "tsx/esm/api";

register();
const simdgrad = await import("simdgrad");
const { train } = await import("../test/same-bits/train.ts");
const { readDigits } = await import("../test/same-bits/digits.ts");

const file = new URL("../test/same-bits/hash.json", import.meta.url);
const sha256 = createHash("sha256").update(train(simdgrad, readDigits())).digest("hex");
const { sha256: committed } = JSON.parse(readFileSync(file, "utf8"));
console.log(`now        ${sha256}\ncommitted  ${committed}`);
if (process.argv.includes("--write")) writeFileSync(file, `{ "sha256": "${sha256}" }\n`);
