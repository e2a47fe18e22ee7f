/**
 * An index of ours for a work tree: git's list of files with what it read of each. It begins as a
 * copy of the repository's own index, so that unchanged files are not read again, and it is kept
 * between snapshots. The repository's index is only read.
 */
import { copyFileSync, constants, existsSync, lstatSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import type { Override } from "./git-environment.ts";
import type { GitCall } from "./git.ts";
import type { Repository } from "./repository.ts";

/** A split index would put a part of itself beside the repository's own. */
const settings: readonly Override[] = [["core.splitIndex", "false"]];

export class PrivateIndex {
  readonly #file: string;

  /** @param file where it is kept. Only one process at a time may use it. */
  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Makes sure that there is one, and removes the lock of a git that was killed. Files of the work
   * tree that the repository's own index hides (`assume-unchanged`, `skip-worktree`) are not hidden
   * in it. @throws GitProblem.
   */
  async prepare({ git, top, gitDirectory }: Repository, timeoutMs?: number): Promise<void> {
    rmSync(`${this.#file}.lock`, { force: true });
    if (existsSync(this.#file)) return;
    mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    const own = path.join(gitDirectory, "index");
    // A repository without a commit may have none.
    if (!existsSync(own)) return;
    const draft = new PrivateIndex(`${this.#file}.new`);
    draft.drop();
    // Git reads a file again that changed in the same moment as its index was written. A copy would
    // look younger, so it gets that moment, rounded down.
    const writtenAt = Math.floor(statSync(own).mtimeMs / 1000);
    copyFileSync(own, draft.#file, constants.COPYFILE_FICLONE);
    utimesSync(draft.#file, writtenAt, writtenAt);
    await draft.#showHidden(git, top, timeoutMs === undefined ? {} : { timeoutMs });
    renameSync(draft.#file, this.#file);
  }

  /** Git would not look at these files. Of a sparse checkout those that are not there stay so. */
  async #showHidden(git: Repository["git"], top: string, call: { readonly timeoutMs?: number }): Promise<void> {
    const entries = (await git.run(["ls-files", "-v", "-z"], this.call(call))).toString("latin1").split("\0");
    const hidden = entries.filter((entry) => /^[a-zS] /.test(entry)).map((entry) => entry.slice(2));
    const present = hidden.filter((file) => lstatSync(placeOf(top, file), { throwIfNoEntry: false }) !== undefined);
    if (present.length === 0) return;
    const input = Buffer.from(present.map((file) => `${file}\0`).join(""), "latin1");
    for (const flag of ["--no-assume-unchanged", "--no-skip-worktree"])
      await git.run(["update-index", "-z", flag, "--stdin"], this.call({ ...call, input }));
  }

  /** Forgets what it has, because it does not fit the repository any more. */
  drop(): void {
    rmSync(this.#file, { force: true });
    rmSync(`${this.#file}.lock`, { force: true });
  }

  /** How a call of git works with this index. */
  call(call: Omit<GitCall, "env" | "settings"> = {}): GitCall {
    return { use: "write", ...call, settings, env: { GIT_INDEX_FILE: this.#file } };
  }
}

function placeOf(top: string, file: string): Buffer {
  return Buffer.concat([Buffer.from(`${top}${path.sep}`), Buffer.from(file, "latin1")]);
}
