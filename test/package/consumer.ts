// A project of somebody else's: an empty folder into which the packed tarball is installed, offline,
// and in which programs run. It sees what `npm pack` ships and nothing of this repository.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What `npm pack --json` says of the tarball. */
export interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Consumer {
  readonly folder = mkdtempSync(join(tmpdir(), "simdgrad-consumer-"));
  readonly packed: Packed;

  constructor(packageJson: Record<string, unknown> = { type: "module" }) {
    const project = { name: "consumer", version: "1.0.0", private: true, ...packageJson };
    this.write("package.json", JSON.stringify(project));
    this.packed = pack(this.folder);
    npm(
      this.folder,
      "install",
      "--offline",
      "--no-audit",
      "--no-fund",
      `./${this.packed.filename}`,
    );
  }

  get installed(): string {
    return join(this.folder, "node_modules", "simdgrad");
  }

  /** Files under the installed package, as paths relative to it. */
  installedFiles(): string[] {
    return readdirSync(this.installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.installed.length + 1));
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Runs a program of the consumer's with plain Node. */
  node(name: string, text: string): Outcome {
    return this.run(this.write(name, text));
  }

  /** Runs a script (the consumer's, or a tool of this repository) with the consumer's folder as cwd. */
  run(...args: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.folder,
      env: cleanEnv(),
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function pack(folder: string): Packed {
  // Without scripts: a build in the middle of the tests would take dist/ away from the others.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const answer = JSON.parse(npm(root, ...args)) as Packed[] | Record<string, Packed>;
  // A list up to npm 11, an object by package name since.
  const [packed] = Array.isArray(answer) ? answer : Object.values(answer);
  if (packed === undefined) throw new Error("npm pack made no tarball");
  return packed;
}

function npm(cwd: string, ...args: string[]): string {
  const options = { cwd, env: cleanEnv(), encoding: "utf8", stdio: "pipe" } as const;
  return execFileSync("npm", args, options);
}

/** Without what `npm test` and vitest put there: a consumer's shell has none of it. */
function cleanEnv(): NodeJS.ProcessEnv {
  const ours = /^(npm_|vitest|node_env$|node_options$|init_cwd$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
