/**
 * Puts files of a work tree back to a snapshot. Touches neither HEAD nor the repository's index.
 * What is not in a snapshot is never overwritten or deleted.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, unlinkSync } from "node:fs";
import path from "node:path";
import { failpoint } from "../processes/failpoint.ts";
import { nameOf } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import { GitProblem, problemOfDisk } from "./git-problem.ts";
import type { FileEntry } from "./path-list.ts";
import type { Repository } from "./repository.ts";

/** Mode of a repository inside of the work tree: only its commit is known. */
const nestedMode = "160000";
const timeoutMs = 600_000;
/** So many names are in a message. */
const shownNames = 10;

export interface PutBackPlan {
  readonly write: readonly (readonly [path: BytePath, entry: FileEntry])[];
  readonly remove: readonly BytePath[];
  /** Repositories inside of the work tree, which stay as they are. */
  readonly nested: readonly BytePath[];
}

/**
 * @param paths what may be changed. @param present the files as they are now. @param target as they
 * should be.
 */
export function planPutBack(
  paths: Iterable<BytePath>,
  present: ReadonlyMap<BytePath, FileEntry>,
  target: ReadonlyMap<BytePath, FileEntry>,
): PutBackPlan {
  const write: [BytePath, FileEntry][] = [];
  const remove: BytePath[] = [];
  const nested: BytePath[] = [];
  for (const each of paths) {
    const [now, then] = [present.get(each), target.get(each)];
    if (now?.mode === then?.mode && now?.blob === then?.blob) continue;
    if (now?.mode === nestedMode || then?.mode === nestedMode) nested.push(each);
    else if (then === undefined) remove.push(each);
    else write.push([each, then]);
  }
  return { write, remove, nested };
}

/**
 * Files that are in the way and in no snapshot: ignored, too large, or of another kind.
 * @param top of the work tree.
 */
export function obstaclesOf(top: string, { write, remove }: PutBackPlan, present: ReadonlyMap<BytePath, FileEntry>): BytePath[] {
  const removed = new Set(remove);
  const found = new Set<BytePath>();
  for (const [file] of write) {
    for (const parent of parentsOf(file)) {
      const kind = kindAt(top, parent);
      if (kind === "none" || (kind === "other" && removed.has(parent))) break;
      if (kind === "other") found.add(parent);
    }
    const kind = kindAt(top, file);
    if (kind === "other" && !present.has(file) && !hasLinkAbove(top, file)) found.add(file);
    if (kind === "directory" && !isEmptiedBy(top, file, removed)) found.add(file);
  }
  return [...found];
}

/**
 * Carries a plan out. The files are written beside the work tree first: where that fails (a full
 * disk, a filter), nothing has changed. Can be repeated after a kill.
 * @param index where an index of ours may lie for the moment. @throws GitProblem.
 */
export async function putBack(repository: Repository, { write, remove }: PutBackPlan, index: string): Promise<void> {
  const { git, top } = repository;
  const stage = stageOf(repository, index);
  const clear = (): void => {
    for (const file of [index, `${index}.lock`]) rmSync(file, { force: true });
    if (stage !== null) rmSync(stage, { recursive: true, force: true });
  };
  clear();
  try {
    const env = { GIT_INDEX_FILE: index };
    const checkout = async (...args: string[]): Promise<void> =>
      void (await git.run(["checkout-index", "--all", "--force", "--quiet", ...args], { use: "checkout", env, timeoutMs }));
    if (write.length > 0) {
      const input = Buffer.from(write.map(([file, { mode, blob }]) => `${mode} ${blob} 0\t${file}\0`).join(""), "latin1");
      await git.run(["update-index", "-z", "--index-info"], { use: "write", env, input, timeoutMs });
    }
    failpoint("put-back.indexed");
    if (write.length > 0 && stage !== null) await checkout(`--prefix=${stage}/`);
    for (const file of remove) removeFile(top, file);
    failpoint("put-back.removed");
    if (write.length > 0 && stage === null) await checkout();
    if (stage !== null) for (const [file] of write) moveFile(stage, top, file);
    failpoint("put-back.written");
  } finally {
    clear();
  }
}

/**
 * A directory of ours on the disk of the work tree, in which files become whole; null: there is
 * none.
 */
function stageOf({ top, gitDirectory }: Repository, index: string): string | null {
  const disk = statSync(top).dev;
  const place = [gitDirectory, path.dirname(index)].find((each) => statSync(each, { throwIfNoEntry: false })?.dev === disk);
  return place === undefined ? null : path.join(place, `${path.basename(index)}.files`);
}

/** Moves a whole file to its place. What is there, and may go, is replaced. */
function moveFile(stage: string, top: string, file: BytePath): void {
  const place = placeOf(top, file);
  try {
    mkdirSync(placeOf(top, file.split("/").slice(0, -1).join("/")), { recursive: true });
    if (kindAt(top, file) === "directory") removeEmptyTree(place);
    renameSync(placeOf(stage, file), place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw problemOfDisk(
      `${nameOf(file)} could not be written`,
      code === "ENOSPC" || code === "EDQUOT"
        ? error
        : new GitProblem("failed", `${nameOf(file)} cannot be written (${code ?? "unknown error"}). Fix that, then try again.`),
    );
  }
}

/** Removes a directory in which there are only directories. @throws where something else is. */
function removeEmptyTree(directory: Buffer): void {
  for (const name of readdirSync(directory, { encoding: "buffer" }))
    removeEmptyTree(Buffer.concat([directory, Buffer.from(path.sep), name]));
  rmdirSync(directory);
}

/** A problem that names what is in the way. */
export function obstacleProblem(obstacles: readonly BytePath[]): GitProblem {
  const names = obstacles.slice(0, shownNames).map(nameOf).join(", ");
  const more = obstacles.length > shownNames ? ` and ${obstacles.length - shownNames} more` : "";
  return new GitProblem("failed", `These are in the way, and would be lost: ${names}${more}. Move them away, then try again.`);
}

/** Deletes a file, and the directories above it that are empty then. */
function removeFile(top: string, file: BytePath): void {
  if (hasLinkAbove(top, file)) return;
  try {
    unlinkSync(placeOf(top, file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw notRemoved(file, code);
  }
  for (const parent of parentsOf(file).toReversed()) {
    try {
      rmdirSync(placeOf(top, parent));
    } catch {
      return;
    }
  }
}

function notRemoved(file: BytePath, code: string | undefined): GitProblem {
  return new GitProblem("failed", `${nameOf(file)} cannot be removed (${code ?? "unknown error"}). Fix that, then try again.`);
}

/** `a`, `a/b` of `a/b/c`. */
function parentsOf(file: BytePath): BytePath[] {
  const parts = file.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** Whether something above the file is not a directory: then the file is not in the work tree. */
function hasLinkAbove(top: string, file: BytePath): boolean {
  return parentsOf(file).some((parent) => kindAt(top, parent) !== "directory");
}

function kindAt(top: string, file: BytePath): "none" | "directory" | "other" {
  try {
    const stats = lstatSync(placeOf(top, file), { throwIfNoEntry: false });
    return stats === undefined ? "none" : stats.isDirectory() ? "directory" : "other";
  } catch {
    return "none";
  }
}

/** Whether a directory is gone once these files are removed. */
function isEmptiedBy(top: string, directory: BytePath, removed: ReadonlySet<BytePath>): boolean {
  return namesIn(placeOf(top, directory)).every((name) => {
    const inside = `${directory}/${name}`;
    return kindAt(top, inside) === "directory" ? isEmptiedBy(top, inside, removed) : removed.has(inside);
  });
}

function namesIn(directory: Buffer): BytePath[] {
  return readdirSync(directory, { encoding: "buffer" }).map((name) => name.toString("latin1"));
}

function placeOf(top: string, file: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${top}${path.sep}`), Buffer.from(file, "latin1")]);
}
