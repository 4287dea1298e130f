// Prints the SHA-256 of what test/same-bits/train.ts arrives at with the built library. Where
// arithmetic has changed on purpose, write it down: `npm run build && node scripts/same-bits.mjs --write`
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { register } from "tsx/esm/api";

register();
const simdgrad = await import("simdgrad");
const { train, various } = await import("../test/same-bits/train.ts");
const { readDigits } = await import("../test/same-bits/digits.ts");

const file = new URL("../test/same-bits/hash.json", import.meta.url);
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
const now = { sha256: hash(train(simdgrad, readDigits())), various: hash(various(simdgrad)) };
console.log("now       ", now, "\ncommitted ", JSON.parse(readFileSync(file, "utf8")));
if (process.argv.includes("--write")) writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
