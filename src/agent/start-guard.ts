/**
 * Guards a working directory while Claude Code starts there. Claude Code resolves names many times
 * during its start, so one check before is not enough: a directory or a file that another user adds
 * meanwhile ends the start at once.
 */
import { closeSync, constants, fstatSync, openSync, realpathSync, statSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import { filesAbove, watchedAbove } from "../config/files-above.ts";
import type { FilesAbove } from "../config/files-above.ts";
import { movedSentence } from "./directory-problem.ts";

/** Guards one working directory during one start. */
export class StartGuard {
  readonly directory: string;
  readonly above: FilesAbove;
  readonly #handle: number;
  readonly #watchers: FSWatcher[] = [];
  #onTampered: ((sentence: string) => void) | null;

  /**
   * @param onTampered called at most once, with a sentence, when another user has changed the
   * directory or a file above it.
   * @throws Error with a sentence when the directory is not the one that was checked at submit.
   */
  constructor(directory: string, home: string, onTampered: (sentence: string) => void) {
    this.directory = directory;
    this.#onTampered = onTampered;
    this.#handle = openDirectory(directory);
    try {
      this.above = filesAbove(directory, home);
      this.#watch(home);
      if (!this.#isInPlace()) throw new Error(movedSentence(directory));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#onTampered !== null;
  }

  /** Whether this directory needs a new Claude Code process with its own options. */
  get needsColdStart(): boolean {
    return this.above.isReplaceable || this.above.hasForeign;
  }

  /**
   * A path that leads to exactly this directory, also after its name has changed. Without /proc:
   * the name.
   */
  get cwd(): string {
    return process.platform === "linux" ? `/proc/${process.pid}/fd/${this.#handle}` : this.directory;
  }

  /**
   * Whether a process works in exactly this directory. Where the system does not show that: whether
   * the name still leads to the directory.
   */
  isWorkedInBy(pid: number): boolean {
    if (process.platform !== "linux") return this.#isInPlace();
    try {
      if (!this.#isSame(statSync(`/proc/${pid}/cwd`))) return false;
    } catch {
      // The process has ended, or the system does not show its working directory.
    }
    return this.#isInPlace();
  }

  /** Ends the guard after the start. May be called twice. */
  close(): void {
    if (this.#onTampered === null) return;
    this.#onTampered = null;
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    closeSync(this.#handle);
  }

  /** Watches for a rename of a directory on the path, and for new files of other users above. */
  #watch(home: string): void {
    const { directories, open } = this.above;
    let entry = this.directory;
    for (const holder of directories) {
      const files = watchedAbove.filter((name) => name !== ".claude" || holder !== home);
      const names = new Set<string>([basename(entry), ...(open.includes(holder) ? files : [])]);
      try {
        const watcher = watch(holder, { persistent: false }, (event, name) => {
          if (event === "rename" && name !== null && names.has(name)) this.#tampered(holder, name);
        });
        this.#watchers.push(watcher.on("error", () => {}));
      } catch {
        // The system has no watch left, or the file system supports none: the checks before and
        // after remain.
      }
      entry = dirname(entry);
    }
  }

  #tampered(holder: string, name: string): void {
    const onTampered = this.#onTampered;
    this.close();
    onTampered?.(`${holder}/${name} was replaced while the task started. Only you should be able to write to ${holder}.`);
  }

  #isInPlace(): boolean {
    try {
      return realpathSync.native(this.directory) === this.directory && this.#isSame(statSync(this.directory));
    } catch {
      return false;
    }
  }

  #isSame({ dev, ino }: { dev: number; ino: number }): boolean {
    const own = fstatSync(this.#handle);
    return own.dev === dev && own.ino === ino;
  }
}

function openDirectory(directory: string): number {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "ENOTDIR") throw new Error(movedSentence(directory), { cause: error });
    throw new Error(`The working directory ${directory} cannot be used any more (${code ?? "unknown error"}).`, { cause: error });
  }
}
