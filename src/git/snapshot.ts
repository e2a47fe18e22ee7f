/**
 * Makes a snapshot: a commit of the work tree's tracked and untracked files that are not ignored,
 * on a ref of its own. Touches neither the repository's index, nor HEAD, nor a file of the work
 * tree, and runs no program of the repository (docs/decisions/0021).
 */
import { lstatSync } from "node:fs";
import path from "node:path";
import type { LeftOut } from "../domain/workspace/workspace.ts";
import { failpoint } from "../processes/failpoint.ts";
import { nameOf, readStatus, statusArguments } from "./changed-files.ts";
import type { BytePath, TreeState } from "./changed-files.ts";
import { GitProblem } from "./git-problem.ts";
import { sortFiles } from "./left-out.ts";
import { unchangedLfsFiles } from "./lfs-files.ts";
import type { SizeLimits, Sorted } from "./left-out.ts";
import type { PrivateIndex } from "./private-index.ts";
import { createRef } from "./snapshot-ref.ts";
import type { Repository } from "./repository.ts";
import { worktreeFacts } from "./worktree-facts.ts";

/** What a snapshot of a task takes. */
export const snapshotLimits: SizeLimits = { fileBytes: 20_000_000, totalBytes: 1_000_000_000 };

/** Why a worktree of the same repository inside of the work tree is left out. */
export const worktreeInside = "is a worktree of its own: nothing of it is kept";
/** Where git can read none of so many files, the reason is another one. */
const mostRefused = 20;
/** So many files that are left out are compared with those of the snapshot before. */
const comparedNames = 20;

/** How the files of a work tree are read. */
export interface TreeOrder {
  readonly repository: Repository;
  readonly index: PrivateIndex;
  /** Paths below the top of the work tree that are left out, with everything below them. */
  readonly except: readonly string[];
  readonly limits: SizeLimits;
  readonly timeoutMs: number;
}

export interface SnapshotOrder extends TreeOrder {
  /** Where its ref goes, e.g. `refs/claude-worker/42/1`. */
  readonly refs: string;
  readonly number: number;
  /** The commit's message. */
  readonly message: string;
  /**
   * The snapshot before; null: there is none. `leftOut`: undefined where that is not known.
   * `isIndexed`: the index has its files, so that it need not be compared.
   */
  readonly last: (Pick<Snapshot, "tree" | "head"> & Partial<Pick<Snapshot, "leftOut">> & { readonly isIndexed?: true }) | null;
}

export interface Snapshot {
  readonly ref: string;
  readonly commit: string;
  readonly tree: string;
  /** The commit of HEAD; null: there is none yet. */
  readonly head: string | null;
  /** The branch of HEAD; null: HEAD is detached. */
  readonly branch: string | null;
  /** Whether the work tree differed from HEAD. */
  readonly isDirty: boolean;
  readonly leftOut: readonly LeftOut[];
}

/**
 * Makes a snapshot. An index that does not fit the repository any more is made again, once.
 * @returns null when nothing has changed since the last one, and it leaves out the same files.
 * @throws GitProblem.
 */
export async function takeSnapshot(order: SnapshotOrder): Promise<Snapshot | null> {
  try {
    return await make(order);
  } catch (error) {
    if (!(error instanceof GitProblem) || error.kind !== "failed") throw error;
    order.index.drop();
    return await make({ ...order, repository: { ...order.repository, git: order.repository.git.again() } });
  }
}

/** The tree of the files as they are now, without a snapshot. @throws GitProblem. */
export async function presentTree(order: TreeOrder): Promise<{ readonly tree: string; readonly leftOut: readonly LeftOut[] }> {
  const { state, sorted, worktrees } = await readFiles(order);
  const nested = await addFiles(order, sorted, state);
  return { tree: await indexTree(order), leftOut: [...sorted.leftOut, ...worktrees, ...nested] };
}

interface FoundFiles {
  readonly state: TreeState;
  readonly sorted: Sorted;
  /** Worktrees of the same repository that lie in the work tree. */
  readonly worktrees: readonly LeftOut[];
}

/**
 * Compares the files with the index of ours. Worktrees of the same repository that lie in the work
 * tree, as those of subagents, are other checkouts: nothing of them is a change here.
 */
async function readFiles({ repository, index, except, limits, timeoutMs }: TreeOrder): Promise<FoundFiles> {
  await index.prepare(repository, timeoutMs);
  const excluded = except.map((each) => `:(top,exclude,literal)${each}`);
  const found = readStatus(await repository.git.run([...statusArguments, "--", ...excluded], index.call({ timeoutMs })));
  const { top, commonDirectory } = repository;
  const isWorktree = (each: BytePath): boolean => worktreeFacts(path.join(top, nameOf(each)), commonDirectory).place === "worktree";
  const others = new Set(found.nested.filter(isWorktree));
  const nested = found.nested.filter((each) => !others.has(each));
  const isDirty = found.isStaged || found.changed.length + found.untracked.length + nested.length > 0;
  const worktrees = [...others].map((each) => ({ path: `${nameOf(each)}/`, why: worktreeInside }));
  return { state: { ...found, nested, isDirty }, sorted: await sortFiles(top, found, limits), worktrees };
}

async function make(order: SnapshotOrder): Promise<Snapshot | null> {
  const { repository, last } = order;
  const { state, sorted, worktrees } = await readFiles(order);
  const { taken, dropped, leftOut } = sorted;
  const isSame = taken.length + dropped.length + state.nested.length === 0;
  if (isSame && last?.isIndexed === true && last.head === state.head && leavesOut(last, leftOut)) return null;
  const nested = await addFiles(order, sorted, state);
  failpoint("snapshot.indexed");
  const tree = await indexTree(order);
  const missing = [...leftOut, ...worktrees, ...nested];
  if (last !== null && last.head === state.head && last.tree === tree && leavesOut(last, missing)) return null;
  const [commit, isDirty] = await Promise.all([commitTree(order, tree, state), differsFromHead(order, tree, state, leftOut)]);
  failpoint("snapshot.committed");
  const ref = await createRef(repository.git, order.refs, order.number, commit);
  failpoint("snapshot.referenced");
  const { head, branch } = state;
  return { ref, commit, tree, head, branch, isDirty, leftOut: missing };
}

/** Whether the snapshot before leaves out the same files. It names a repository only once. */
function leavesOut({ leftOut }: Partial<Pick<Snapshot, "leftOut">>, now: readonly LeftOut[]): boolean {
  const namesOf = (files: readonly LeftOut[]): string =>
    files
      .map(({ path: each }) => each)
      .filter((each) => !each.endsWith("/"))
      .slice(0, comparedNames)
      .join("\0");
  return leftOut === undefined || namesOf(leftOut) === namesOf(now);
}

/**
 * The status compares HEAD with our index, which has the files of the snapshot before: what was
 * committed since differs there, and is not dirty.
 */
async function differsFromHead(
  { repository }: SnapshotOrder,
  tree: string,
  { head, isDirty }: TreeState,
  leftOut: readonly LeftOut[],
): Promise<boolean> {
  if (!isDirty || head === null || leftOut.length > 0) return isDirty;
  return (await repository.git.text(["rev-parse", "--verify", `${head}^{tree}`], { isPlain: true })) !== tree;
}

/** Reads the files into the index. @returns those that it does not have, and why. */
async function addFiles({ repository, index, timeoutMs }: TreeOrder, { taken, dropped }: Sorted, state: TreeState): Promise<LeftOut[]> {
  const { git, top } = repository;
  const { nested } = state;
  const unchanged = await unchangedLfsFiles(git, top, taken, state);
  const update = async (flags: readonly string[], lines: readonly string[]): Promise<string> => {
    if (lines.length === 0) return "";
    const input = Buffer.from(lines.map((line) => `${line}\0`).join(""), "latin1");
    return (await git.talk(["update-index", "-z", ...flags], index.call({ input, timeoutMs }))).stderr;
  };
  const refused: LeftOut[] = [];
  /** One file that git cannot read does not keep the others out. */
  const add = async (files: readonly BytePath[]): Promise<void> => {
    try {
      if ((await update(["--add", "--remove", "--replace", "--stdin"], files)).includes("Ignoring path "))
        refused.push(...(await missing(files)).map((file) => ({ path: nameOf(file), why: "has a name that git does not keep" })));
    } catch (error) {
      const isOfFiles = error instanceof GitProblem && error.kind === "failed" && refused.length < mostRefused;
      if (!isOfFiles) throw error;
      if (files.length === 1) {
        await update(["--force-remove", "--stdin"], files);
        refused.push(...files.map((file) => ({ path: nameOf(file), why: "cannot be read by git" })));
        return;
      }
      const middle = Math.ceil(files.length / 2);
      await add(files.slice(0, middle));
      await add(files.slice(middle));
    }
  };
  /** Git passes some names over, and says so on the way. */
  const missing = async (files: readonly BytePath[]): Promise<BytePath[]> => {
    const names = new Set((await git.run(["ls-files", "-z"], index.call({ timeoutMs }))).toString("latin1").split("\0"));
    return files.filter((file) => !names.has(file) && isThere(top, file));
  };
  await update(["--force-remove", "--stdin"], dropped);
  if (taken.length > unchanged.size) await add(taken.filter((file) => !unchanged.has(file)));
  const found = await Promise.all(nested.map(async (each) => ({ each, commit: await headOf(git.in(path.join(top, nameOf(each)))) })));
  await update(
    ["--index-info"],
    [
      ...[...unchanged].map(([file, { mode, blob }]) => `${mode} ${blob} 0\t${file}`),
      ...found.flatMap(({ each, commit }) => (commit === null ? [] : [`160000 ${commit} 0\t${each}`])),
    ],
  );
  const inner = nested.map((each) => ({ path: `${nameOf(each)}/`, why: "is a repository of its own: only its commit is kept" }));
  return [...refused, ...inner];
}

function isThere(top: string, file: BytePath): boolean {
  const place = Buffer.concat([Buffer.from(`${top}${path.sep}`), Buffer.from(file, "latin1")]);
  return lstatSync(place, { throwIfNoEntry: false }) !== undefined;
}

/** The commit of a repository's HEAD; null: there is none, or git does not use the repository. */
async function headOf(git: Repository["git"]): Promise<string | null> {
  try {
    return await git.find(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { isPlain: true });
  } catch {
    return null;
  }
}

async function indexTree({ repository, index, timeoutMs }: TreeOrder): Promise<string> {
  // Not plain: it writes the index, and then reads files that changed in the same moment.
  return await repository.git.text(["write-tree"], index.call({ timeoutMs }));
}

/** Makes the commit of a snapshot, without a ref. @throws GitProblem. */
export async function commitTree(
  { repository, message }: Pick<SnapshotOrder, "repository" | "message">,
  tree: string,
  { head }: Pick<TreeState, "head">,
): Promise<string> {
  const who = { NAME: "Claude Worker", EMAIL: "claude-worker@localhost" };
  const env = Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((role) => Object.entries(who).map(([field, value]) => [`GIT_${role}_${field}`, value])),
  );
  const parents = head === null ? [] : ["-p", head];
  return await repository.git.text(["commit-tree", tree, ...parents, "-F", "-"], { use: "write", isPlain: true, input: message, env });
}
