/** Decides which files a snapshot leaves out: large uncommitted ones, and unreadable ones. */
import { accessSync, constants, lstatSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { LeftOut } from "../domain/workspace/workspace.ts";
import { nameOf } from "./changed-files.ts";
import type { BytePath, TreeState } from "./changed-files.ts";
import { GitProblem } from "./git-problem.ts";

/** So many files are looked at before other work gets its turn. */
const batchSize = 1_000;

export interface Sorted {
  /** What git has to read again, or to forget. */
  readonly taken: readonly BytePath[];
  /** What the index must not have any more. */
  readonly dropped: readonly BytePath[];
  readonly leftOut: readonly LeftOut[];
}

export interface SizeLimits {
  /** An untracked file that is larger is left out. */
  readonly fileBytes: number;
  /** More than this is not copied into a repository. */
  readonly totalBytes: number;
}

/**
 * Sorts the changed and untracked files of a work tree.
 * @throws GitProblem `too_much`: untracked files are larger than `totalBytes` together.
 */
export async function sortFiles(top: string, { changed, untracked, committed }: TreeState, limits: SizeLimits): Promise<Sorted> {
  const [taken, dropped]: [BytePath[], BytePath[]] = [[], []];
  const leftOut: LeftOut[] = [];
  const files = [...changed, ...untracked.map((path) => ({ path, isCommitted: committed.has(path), isNew: true }))];
  let total = 0;
  for (const [index, file] of files.entries()) {
    if (index % batchSize === batchSize - 1) await nextTurn();
    const bytes = sizeOf(top, file.path);
    const why =
      bytes === "unreadable" ? "cannot be read" : !file.isCommitted && bytes > limits.fileBytes ? `has ${megabytes(bytes)}` : null;
    if (why === null) {
      taken.push(file.path);
      if (typeof bytes === "number" && !file.isCommitted) total += bytes;
      continue;
    }
    leftOut.push({ path: nameOf(file.path), why });
    if (!("isNew" in file) && !file.isCommitted) dropped.push(file.path);
  }
  if (total > limits.totalBytes)
    throw new GitProblem(
      "too_much",
      `${untracked.length} untracked files have ${megabytes(total)} together. List what need not be kept in .gitignore.`,
    );
  return { taken, dropped, leftOut };
}

/** Bytes of a regular file; 0 for anything else, also for nothing. */
function sizeOf(top: string, file: BytePath): number | "unreadable" {
  const name = Buffer.concat([Buffer.from(`${top}/`), Buffer.from(file, "latin1")]);
  try {
    const stats = lstatSync(name, { throwIfNoEntry: false });
    if (stats === undefined || !stats.isFile()) return 0;
    accessSync(name, constants.R_OK);
    return stats.size;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? 0 : "unreadable";
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
