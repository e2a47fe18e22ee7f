/**
 * Appends whole lines to a file that only one process writes. On a full disk lines wait until they
 * can be written.
 */
import { closeSync, constants, fstatSync, fsync, openSync, readSync, writeSync } from "node:fs";
import { othersCanWrite } from "../config/others-can-write.ts";

/** Time between two tries while the disk is full. */
const retryMs = 1_000;

export interface AppendHooks {
  /** Called before each write. */
  readonly beforeWrite?: () => void;
  /** Called after each write with the size of the file, when everything is written. */
  readonly onWritten?: (size: number) => void;
}

export class AppendFile {
  readonly #descriptor: number;
  readonly #hooks: AppendHooks;
  #size: number;
  #taken: string[] = [];
  #waiting: Buffer[] = [];
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  /**
   * Opens or creates the file (0600); refuses a link in its place. First closes a torn last line
   * with a newline.
   */
  constructor(path: string, hooks: AppendHooks = {}) {
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    this.#descriptor = openOwn(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW);
    this.#hooks = hooks;
    this.#size = fstatSync(this.#descriptor).size;
    if (this.#isTorn()) this.append("\n");
    this.flush();
  }

  /** The file's size in bytes; it holds whole lines only. */
  get size(): number {
    return this.#size;
  }

  /** Whether everything that was appended is written. */
  get isWritten(): boolean {
    return this.#waiting.length === 0 && this.#taken.length === 0;
  }

  /**
   * Takes whole lines. Lines of one turn of the event loop are written together, in one write
   * unless the disk is full.
   */
  append(lines: string): void {
    if (this.#closed) return;
    if (this.#taken.push(lines) === 1) setImmediate(() => this.flush());
  }

  /** Writes the waiting lines. Written lines survive a kill of this process. */
  flush(): void {
    if (this.#taken.length === 0 || this.#closed) return;
    this.#waiting.push(Buffer.from(this.#taken.join("")));
    this.#taken = [];
    if (this.#retry === null) this.#write();
  }

  /**
   * Writes and syncs, so that the lines survive a power cut. Ignores an error of the sync, because
   * the kernel has the data.
   */
  sync(): Promise<void> {
    this.flush();
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => fsync(this.#descriptor, () => resolve()));
  }

  /**
   * Resolves when everything is written, or after `limitMs` when the disk stays full. @returns
   * whether it is written.
   */
  async drain(limitMs: number): Promise<boolean> {
    this.flush();
    const deadline = performance.now() + limitMs;
    while (!this.isWritten && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return this.isWritten;
  }

  close(): void {
    this.flush();
    if (this.#closed) return;
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    closeSync(this.#descriptor);
  }

  #write(): void {
    let rest = Buffer.concat(this.#waiting);
    const bytes = rest.length;
    this.#hooks.beforeWrite?.();
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(this.#descriptor, rest));
      this.#waiting = [];
    } catch {
      // The disk is full, or there is a file size limit: the rest waits.
      this.#waiting = [rest];
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.#write();
      }, retryMs);
    }
    this.#size += bytes - rest.length;
    if (this.isWritten) this.#hooks.onWritten?.(this.#size);
  }

  #isTorn(): boolean {
    if (this.#size === 0) return false;
    const last = Buffer.alloc(1);
    readSync(this.#descriptor, last, 0, 1, this.#size - 1);
    return last[0] !== 0x0a;
  }
}

/** Thrown when another file is in the log's place: a link, a pipe, a file of another user. */
export class NotOurLog extends Error {
  /** The system's code for a link. */
  readonly code = "ELOOP";
}

/** @throws NotOurLog with a sentence; the system's error. */
function openOwn(path: string, flags: number): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOOP") throw error;
    throw new NotOurLog(`a link stands in the place of the log ${path}: nothing is written through it, remove it`, { cause: error });
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile() && !othersCanWrite(stats)) return descriptor;
  closeSync(descriptor);
  const what = stats.isFile() ? "belongs to another user, or others can write it" : "is not a file";
  throw new NotOurLog(`what stands in the place of the log ${path} ${what}: nothing is written to it, remove it`);
}
