/**
 * Puts files of a work tree back to a snapshot. Touches neither HEAD nor the repository's index.
 * What is not in a snapshot is never overwritten or deleted.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { failpoint } from "../processes/failpoint.ts";
import { nameOf } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import { GitProblem } from "./git-problem.ts";
import type { FileEntry } from "./path-list.ts";
import { FileReplacer, FilesMoved, hasLinkAbove, kindAt, lookAt, movedSince, parentsOf, placeOf } from "./replace-files.ts";
import type { SeenFiles } from "./replace-files.ts";
import type { Repository } from "./repository.ts";

/** Mode of a repository inside of the work tree: only its commit is known. */
const nestedMode = "160000";
const timeoutMs = 600_000;
/** So many names are in a message. */
const shownNames = 10;

export interface PutBackPlan {
  readonly write: readonly (readonly [path: BytePath, entry: FileEntry])[];
  readonly remove: readonly BytePath[];
  /** What stays as it is: repositories inside of the work tree, and what was ignored before. */
  readonly leftAlone: readonly BytePath[];
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
  const leftAlone: BytePath[] = [];
  for (const each of paths) {
    const [now, then] = [present.get(each), target.get(each)];
    if (now?.mode === then?.mode && now?.blob === then?.blob) continue;
    if (now?.mode === nestedMode || then?.mode === nestedMode) leftAlone.push(each);
    else if (then === undefined) remove.push(each);
    else write.push([each, then]);
  }
  return { write, remove, leftAlone };
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

/** What the disk says now of the files that a plan changes. */
export function lookAtPlan(top: string, { write, remove }: PutBackPlan): SeenFiles {
  return lookAt(top, [...write.map(([file]) => file), ...remove]);
}

/**
 * Carries a plan out. The files are written beside the work tree first: where that fails (a full
 * disk, a filter), nothing has changed. Can be repeated after a kill.
 * @param index where an index of ours may lie for the moment. @param seen the files as the plan
 * knows them. Default: as they are now.
 * @throws FilesMoved: others have changed one since; GitProblem.
 */
export async function putBack(
  repository: Repository,
  plan: PutBackPlan,
  index: string,
  seen: SeenFiles = lookAtPlan(repository.top, plan),
): Promise<void> {
  const { git, top } = repository;
  const { write, remove } = plan;
  const stage = stageOf(repository, index);
  const clear = (): void => [index, `${index}.lock`, stage].forEach((each) => rmSync(each, { recursive: true, force: true }));
  clear();
  try {
    // A full disk has no room for it, and a removal makes some.
    if (write.length > 0) mkdirSync(stage, { mode: 0o700 });
    const env = { GIT_INDEX_FILE: index };
    if (write.length > 0) {
      const input = Buffer.from(write.map(([file, { mode, blob }]) => `${mode} ${blob} 0\t${file}\0`).join(""), "latin1");
      await git.run(["update-index", "-z", "--index-info"], { use: "write", env, input, timeoutMs });
    }
    failpoint("put-back.indexed");
    const prefix = `--prefix=${stage}${path.sep}files${path.sep}`;
    if (write.length > 0) await git.run(["checkout-index", "--all", "--quiet", prefix], { use: "checkout", env, timeoutMs });
    const moved = movedSince(top, seen);
    if (moved.length > 0) throw new FilesMoved(moved, 0);
    const replacer = new FileReplacer(top, stage, seen);
    for (const file of remove) replacer.remove(file);
    failpoint("put-back.removed");
    for (const [file] of write) replacer.write(file);
    failpoint("put-back.written");
  } finally {
    clear();
  }
}

/** A directory of ours in which files become whole: on the disk of the work tree, where it can. */
function stageOf({ top, gitDirectory }: Repository, index: string): string {
  const disk = statSync(top).dev;
  const place = [gitDirectory, path.dirname(index)].find((each) => statSync(each, { throwIfNoEntry: false })?.dev === disk);
  return path.join(place ?? gitDirectory, `${path.basename(index)}.files`);
}

/** A problem that names what is in the way. */
export function obstacleProblem(obstacles: readonly BytePath[]): GitProblem {
  const names = obstacles.slice(0, shownNames).map(nameOf).join(", ");
  const more = obstacles.length > shownNames ? ` and ${obstacles.length - shownNames} more` : "";
  return new GitProblem("failed", `These are in the way, and would be lost: ${names}${more}. Move them away, then try again.`);
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
