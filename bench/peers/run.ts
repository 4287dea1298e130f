/** `npm run bench:peers`: the library beside the peers, which are installed when missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, simdgrad } from "../entrants.js";
import { main } from "../main.js";
import { folder, peers } from "./entrants.js";

const isInstalled = peers
  .flatMap(({ packages }) => packages)
  .every((name) => existsSync(join(folder, "node_modules", name)));
if (!isInstalled) {
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error("the peers could not be installed");
}

await main([simdgrad, ...peers], { folder: join(root, "docs"), command: "npm run bench:peers" });
