// Bundles the library's sources around another build of the kernels, to see that it computes the same.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import type * as Library from "../../src/index.js";

const root = new URL("../..", import.meta.url).pathname;

/** The library with `build/kernels.<build>.wasm` inlined, written to `folder` and imported. */
export async function libraryWith(
  build: "debug" | "release",
  folder: string,
): Promise<typeof Library> {
  const wasmHex = readFileSync(join(root, `build/kernels.${build}.wasm`)).toString("hex");
  const bundle = await rolldown({
    input: join(root, "src/index.ts"),
    // As in scripts/build.mjs: methods.ts is there for its side effect.
    treeshake: { moduleSideEffects: [{ test: /./, sideEffects: true }] },
    plugins: [
      {
        name: "kernels",
        load: (id) =>
          id.endsWith("wasm.generated.ts")
            ? `export const wasmHex: string = ${JSON.stringify(wasmHex)};`
            : null,
      },
    ],
  });
  const file = join(folder, `simdgrad.${build}.mjs`);
  await bundle.write({ file, format: "esm" });
  await bundle.close();
  return (await import(file)) as typeof Library;
}
