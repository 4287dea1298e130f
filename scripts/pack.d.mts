/** Bytes in LZMA, as the text that assembly/unpack/lzma.ts reads. */
export function packedText(bytes: Uint8Array): string;

/** The source of src/kernels/wasm.generated.ts for the kernels in `file`. */
export function packedModule(file: string): string;
