// Bundles the library's sources around another build of the kernels, to see that it computes the same.
import { join } from "node:path";
import { rolldown } from "rolldown";
import { packedModule } from "../../scripts/pack.mjs";
import type * as Library from "../../src/index.js";

const root = new URL("../..", import.meta.url).pathname;

/** The library with `build/kernels.<build>.wasm` inlined, written to `folder` and imported. */
export async function libraryWith(
  build: "debug" | "release",
  folder: string,
): Promise<typeof Library> {
  const bundle = await rolldown({
    input: join(root, "src/index.ts"),
    // As in scripts/build.mjs: methods.ts is there for its side effect.
    treeshake: { moduleSideEffects: [{ test: /./, sideEffects: true }] },
    plugins: [
      {
        name: "kernels",
        load: (id) =>
          id.endsWith("wasm.generated.ts")
            ? packedModule(join(root, `build/kernels.${build}.wasm`))
            : null,
      },
    ],
  });
  const file = join(folder, `simdgrad.${build}.mjs`);
  await bundle.write({ file, format: "esm" });
  await bundle.close();
  return (await import(file)) as typeof Library;
}
