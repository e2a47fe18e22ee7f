/**
 * A file that grows: its newest lines, and what is appended to it. The file may be replaced
 * meanwhile.
 */
import { on } from "node:events";
import { closeSync, fstatSync, openSync, readSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { WorkerError } from "../../domain/errors.ts";

const chunkBytes = 64 * 1024;

export class FollowedFile {
  readonly #path: string;
  #position = 0;
  #inode = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws WorkerError not_found. */
  async newestLines(count: number): Promise<string[]> {
    const chunks: Buffer[] = [];
    let newlines = 0;
    const file = this.#open();
    try {
      const { size, ino } = fstatSync(file);
      this.#position = size;
      this.#inode = ino;
      for (let start = size; start > 0 && newlines <= count;) {
        const from = Math.max(0, start - chunkBytes);
        const chunk = read(file, from, start - from);
        for (const byte of chunk) if (byte === 10) newlines += 1;
        chunks.unshift(chunk);
        start = from;
      }
    } finally {
      closeSync(file);
    }
    const lines = Buffer.concat(chunks).toString("utf8").replace(/\n$/, "").split("\n");
    return count === 0 || lines.join("") === "" ? [] : lines.slice(-count);
  }

  /** What is appended from now on, until the signal. */
  async *growth(signal: AbortSignal): AsyncGenerator<Buffer, void> {
    // The directory is watched, not the file: a new file of the same name is followed too. From
    // here on, so that nothing behind our first look is missed.
    const watcher = watch(dirname(this.#path));
    try {
      const changes = on(watcher, "change", { signal }) as AsyncIterable<[event: string, name: string | null]>;
      yield* this.#appended();
      for await (const [, name] of changes) if (name === basename(this.#path)) yield* this.#appended();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      watcher.close();
    }
  }

  *#appended(): Generator<Buffer, void> {
    const file = this.#openIfThere();
    if (file === null) return;
    try {
      const { size, ino } = fstatSync(file);
      if (ino !== this.#inode || size < this.#position) this.#position = 0;
      this.#inode = ino;
      while (this.#position < size) {
        const chunk = read(file, this.#position, Math.min(chunkBytes, size - this.#position));
        if (chunk.length === 0) return;
        this.#position += chunk.length;
        yield chunk;
      }
    } finally {
      closeSync(file);
    }
  }

  /**
   * @returns null while the file is missing: it was moved away. The watcher reports the new file
   * when it appears.
   */
  #openIfThere(): number | null {
    try {
      return this.#open();
    } catch (error) {
      if (error instanceof WorkerError && error.code === "not_found") return null;
      throw error;
    }
  }

  #open(): number {
    try {
      return openSync(this.#path, "r");
    } catch (error) {
      const { code = "unknown error" } = error as NodeJS.ErrnoException;
      if (code === "ENOENT")
        throw new WorkerError("not_found", `There is no log at ${this.#path}: no server has been started with this data directory.`);
      throw new WorkerError("storage_unusable", `The log ${this.#path} cannot be read (${code}).`);
    }
  }
}

function read(file: number, from: number, length: number): Buffer {
  const chunk = Buffer.alloc(length);
  return chunk.subarray(0, readSync(file, chunk, 0, length, from));
}
