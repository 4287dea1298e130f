// Files in the safetensors format with any header, true or not.

/** @param header JSON text, or what becomes JSON @param claimed the length that the file claims for it */
export function build(header: unknown, data: Uint8Array, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}
