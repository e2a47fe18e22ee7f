/**
 * What moving a checkout from one commit to another changes of its files, whether there is room for
 * it, and how it is taken back where git fails in the middle (a full disk, a kill).
 */
import { lstatSync, readFileSync, statfsSync } from "node:fs";
import path from "node:path";
import { readStatus, statusArguments } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import { GitProblem } from "./git-problem.ts";
import type { Objects } from "./objects.ts";
import { filesOf, pathsBetween } from "./path-list.ts";
import type { FileEntry } from "./path-list.ts";
import { obstacleProblem, obstaclesOf, planPutBack, putBack } from "./put-back.ts";
import type { PutBackPlan } from "./put-back.ts";
import type { Repository } from "./repository.ts";

const timeoutMs = 600_000;
/** For the index, the ref and its log. */
const spareBytes = 64 * 1024;
/** A disk gives room in pieces of this size. */
const blockBytes = 4096;

export interface MovePlan {
  readonly forward: PutBackPlan;
  readonly back: PutBackPlan;
  readonly wanted: ReadonlyMap<BytePath, FileEntry>;
}

/**
 * @param from and `to` commits or trees. @param top of the checkout, whose files are those of
 * `from`. @throws GitProblem: an untracked or ignored file would be overwritten.
 */
export async function planMove(objects: Objects, top: string, from: string, to: string): Promise<MovePlan> {
  const [present, wanted] = [await filesOf(objects, from), await filesOf(objects, to)];
  const paths = await pathsBetween(objects, `${from}^{tree}`, `${to}^{tree}`);
  const forward = planPutBack(paths, present, wanted);
  const obstacles = obstaclesOf(top, forward, present);
  if (obstacles.length > 0) throw obstacleProblem(obstacles);
  return { forward, back: planPutBack(paths, wanted, present), wanted };
}

/** @throws GitProblem `disk_full`: the files that change do not fit on the disk. */
export async function requireRoom({ git, top, gitDirectory }: Repository, { forward }: MovePlan): Promise<void> {
  if (forward.write.length === 0) return;
  const input = forward.write.map(([, { blob }]) => `${blob}\n`).join("");
  const args = ["cat-file", "--batch-check=%(objectsize)", "--buffer"];
  const sizes = (await git.text(args, { input, isPlain: true, timeoutMs })).split("\n").map(Number);
  const index = lstatSync(path.join(gitDirectory, "index"), { throwIfNoEntry: false })?.size ?? 0;
  const needed = sizes.reduce((sum, size) => sum + (Number.isFinite(size) ? Math.ceil(size / blockBytes) * blockBytes : 0), 0);
  const { bavail, bsize } = statfsSync(top);
  const missing = needed + index + spareBytes - bavail * bsize;
  if (missing <= 0) return;
  throw new GitProblem("disk_full", `The disk is full: ${Math.ceil(missing / 1024)} KB more are needed for the files. Free some space.`);
}

/**
 * Brings the files back that a git which failed has written: those that are a beginning of what it
 * was to write, or gone. Index and HEAD must be as before; nothing else is touched.
 * @returns whether the checkout is clean again.
 */
export async function takeBack(repository: Repository, { back, wanted }: MovePlan, index: string): Promise<boolean> {
  const { git, top } = repository;
  const look = async (): Promise<Set<BytePath> | null> => {
    const { changed, untracked, isDirty } = readStatus(await git.again().run([...statusArguments, "--"], { timeoutMs }));
    const files = [...changed.map((each) => each.path), ...untracked];
    // More than files differs: the index has moved.
    return isDirty && files.length === 0 ? null : new Set(files);
  };
  const differing = await look();
  if (differing === null) return false;
  const isOurs = async (file: BytePath): Promise<boolean> => differing.has(file) && (await isBeginning(repository, file, wanted.get(file)));
  const remove: BytePath[] = [];
  const write: PutBackPlan["write"][number][] = [];
  for (const file of back.remove) if (await isOurs(file)) remove.push(file);
  for (const each of back.write) if (await isOurs(each[0])) write.push(each);
  // What is new goes first: that gives room for the others.
  if (remove.length > 0) await putBack(repository, { write: [], remove, leftAlone: [] }, index);
  if (write.length > 0) await putBack({ ...repository, git: git.again() }, { write, remove: [], leftAlone: [] }, index);
  const left = await look();
  const touched = [...back.remove, ...back.write.map(([file]) => file)].filter((file) => lstatOf(top, file) !== undefined);
  return left !== null && touched.every((file) => !left.has(file)) && back.write.every(([file]) => !left.has(file));
}

/** Whether a file is gone, or holds the first bytes of what it was to become, or all. */
async function isBeginning({ git, top }: Repository, file: BytePath, entry: FileEntry | undefined): Promise<boolean> {
  const stats = lstatOf(top, file);
  if (stats === undefined) return true;
  if (entry === undefined || !stats.isFile() || !entry.mode.startsWith("100")) return false;
  const whole = await git.run(["cat-file", "blob", entry.blob], { isPlain: true, timeoutMs }).catch(() => null);
  return whole?.subarray(0, stats.size).equals(readFileSync(placeOf(top, file))) === true;
}

function lstatOf(top: string, file: BytePath) {
  return lstatSync(placeOf(top, file), { throwIfNoEntry: false });
}

function placeOf(top: string, file: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${top}${path.sep}`), Buffer.from(file, "latin1")]);
}
