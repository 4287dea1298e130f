// The buffers that a recording uses and has not made: a replay needs them where they lay, and counts how often it
// modifies them as a call of the function would.
import type { Buffer } from "../memory/buffer.js";

interface Outer {
  readonly buffer: Buffer;
  /** In the end 0 where one before lies in the same storage: that moves as a whole. */
  address: number;
  /** At first, then the number of modifications that a replay adds. */
  version: number;
}

export class Outers {
  private readonly known = new Map<Buffer, Outer>();
  private all: readonly Outer[] = [];
  private modified: readonly Outer[] = [];

  has(buffer: Buffer): boolean {
    return this.known.has(buffer);
  }

  /** Told of each address that the recorded call asks for: it stays the same (`holdAll`), or there is no recording. */
  note(buffer: Buffer, address: number): void {
    if (this.has(buffer)) return;
    this.known.set(buffer, { buffer, address, version: buffer.version });
    buffer.retain().holds++;
  }

  /** The call has ended. */
  settle(): void {
    const homes = new Set();
    this.all = [...this.known.values()];
    for (const outer of this.all) {
      const { storage, version } = outer.buffer;
      outer.version = version - outer.version;
      if (homes.has(storage)) outer.address = 0;
      homes.add(storage);
    }
    this.modified = this.all.filter((x) => x.version > 0);
  }

  /** Whether all of them are where they were, and stay until the next call. */
  areThere(): boolean {
    for (let i = 0; i < this.all.length; i++) {
      const { buffer, address } = this.all[i]!;
      // Nobody but recordings refers to what a program has disposed of.
      if (buffer.refs === buffer.holds) return false;
      if (address > 0 && buffer.address() !== address) return false;
    }
    return true;
  }

  /** Counts the modifications of a replay. */
  modify(): void {
    for (let i = 0; i < this.modified.length; i++) {
      const { buffer, version } = this.modified[i]!;
      buffer.version += version;
    }
  }

  release(): void {
    for (const { buffer } of this.known.values()) {
      buffer.holds--;
      buffer.release();
    }
  }
}
