/** The raw LZMA stream that assembly/unpack/lzma.ts reads. */
export function pack(bytes: Uint8Array): Uint8Array;

/** The source of src/kernels/wasm.generated.ts for the kernels in `file`. */
export function packedModule(file: string): string;
