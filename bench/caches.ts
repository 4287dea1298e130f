/** The caches of this machine, where the system says (Linux). */
import { readFileSync, readdirSync } from "node:fs";

export interface Cache {
  readonly name: string;
  readonly bytes: number;
}

/** Sizes like "512K", as Linux writes them. */
const bytesOf = (size: string): number => parseInt(size) * (size.includes("M") ? 2 ** 20 : 2 ** 10);

/** The caches that the first core reads data from. */
export function caches(folder = "/sys/devices/system/cpu/cpu0/cache"): Cache[] {
  try {
    const read = (index: string, what: string): string =>
      readFileSync(`${folder}/${index}/${what}`, "utf8").trim();
    return readdirSync(folder)
      .filter((name) => name.startsWith("index") && read(name, "type") !== "Instruction")
      .map((index) => ({ name: `L${read(index, "level")}`, bytes: bytesOf(read(index, "size")) }))
      .sort((a, b) => a.bytes - b.bytes);
  } catch {
    return [];
  }
}

/** The smallest cache that holds so much, by name. */
export const heldBy = (known: readonly Cache[], bytes: number): string =>
  known.length === 0 ? "unknown" : (known.find((cache) => bytes <= cache.bytes)?.name ?? "memory");
