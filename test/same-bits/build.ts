// Bundles the library's sources around another build of the kernels, to see that it computes the same.
import { join } from "node:path";
import { rolldown } from "rolldown";
import { packedModule } from "../../scripts/pack.mjs";
import type * as Index from "../../src/index.js";
import type { forceThreads } from "../../src/kernels/threads.js";

const root = new URL("../..", import.meta.url).pathname;

/** The public API, and what makes threads share the smallest call. */
export type Library = typeof Index & { readonly forceThreads: typeof forceThreads };

const ENTRY = `
  export * from "./src/index.js";
  export { forceThreads } from "./src/kernels/threads.js";`;

/** The library with `build/kernels.<build>.wasm` inlined, written to `folder` and imported. */
export async function libraryWith(build: "debug" | "release", folder: string): Promise<Library> {
  const bundle = await rolldown({
    input: join(root, "entry.ts"),
    // As in scripts/build.mjs: methods.ts is there for its side effect.
    treeshake: { moduleSideEffects: [{ test: /./, sideEffects: true }] },
    plugins: [
      {
        name: "kernels",
        resolveId: (id) => (id === join(root, "entry.ts") ? id : null),
        load: (id) => {
          if (id === join(root, "entry.ts")) return ENTRY;
          const inlined = id.endsWith("wasm.generated.ts");
          return inlined ? packedModule(join(root, `build/kernels.${build}.wasm`)) : null;
        },
      },
    ],
  });
  const file = join(folder, `simdgrad.${build}.mjs`);
  await bundle.write({ file, format: "esm" });
  await bundle.close();
  return (await import(file)) as Library;
}
