// What simdgrad uses of WebAssembly and of UTF-8, so that it needs no TypeScript library of a host. Those
// who compile against simdgrad don't get this file: none of the types that they reach mentions these names.
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Table {
    readonly length: number;
    get(index: number): unknown;
  }
}

/** UTF-8: in browsers, and in Node. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(encoding: "utf-8", options: { fatal: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
