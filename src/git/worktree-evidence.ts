/**
 * Looks what would be lost if a task's worktree were gone: commits that are nowhere else, and files
 * that no snapshot has. Changes nothing that people see.
 */
import path from "node:path";
import type { BytePath } from "./changed-files.ts";
import { nameOf, readStatus, statusArguments } from "./changed-files.ts";
import type { Git } from "./git.ts";
import { openRepository } from "./repository.ts";
import { presentTree, worktreeInside } from "./snapshot.ts";
import type { TreeOrder } from "./snapshot.ts";
import { tipOf } from "./own-branch.ts";
import { Objects } from "./objects.ts";
import { filesOf, pathsBetween } from "./path-list.ts";
import { unsafeRepositories } from "./inner-repositories.ts";
import type { GitProgram } from "./git-program.ts";

/** So many are named. */
const shown = 10;
const insideMs = 60_000;
/** Mode of a repository inside of the work tree: only its commit is in a snapshot. */
const nestedMode = "160000";

export interface WorktreeQuestion {
  readonly path: string;
  readonly repository: string;
  /** The branch that the task worked on; null: HEAD was detached. */
  readonly branch: string | null;
  readonly baseCommit: string;
  /** Branches of tasks: what only they have is not safe. */
  readonly taskBranches: readonly string[];
  /** The tree of the task's last snapshot; null: there is none. */
  readonly lastTree: string | null;
  /** How the files are read. */
  readonly tree: Omit<TreeOrder, "repository">;
}

export interface WorktreeEvidence {
  /** Commits that no remote, no branch of a person and not the base has: `1a2b3c4d subject`. */
  readonly commits: readonly string[];
  readonly commitCount: number;
  /** Files that differ from the last snapshot, or that no snapshot has. */
  readonly files: readonly string[];
  readonly fileCount: number;
  /** Repositories in the work tree with files or commits that no remote of theirs has. */
  readonly repositories: readonly string[];
  readonly repositoryCount: number;
  /** Worktrees of the same repository in the work tree with work of their own, and which. */
  readonly worktrees: readonly string[];
  readonly worktreeCount: number;
  /** Files that differ from the commit of HEAD. */
  readonly uncommitted: readonly string[];
  readonly uncommittedCount: number;
}

/** @throws GitProblem: then nothing is known, and nothing may be removed. */
export async function evidenceOf(program: GitProgram, git: Git, question: WorktreeQuestion): Promise<WorktreeEvidence> {
  const repository = await openRepository(git);
  const objects = new Objects(program, question.repository);
  const head = await git.text(["rev-parse", "--verify", "HEAD^{commit}"], { isPlain: true });
  const tips = [head, ...(await branchTip(git, question))];
  const commits = await unreachable(objects, tips, question);
  const { tree, leftOut } = await presentTree({ ...question.tree, repository });
  const uncommitted = await pathsBetween(objects, `${head}^{tree}`, tree);
  const changed = question.lastTree === null ? uncommitted : await pathsBetween(objects, question.lastTree, tree);
  const inner = [...(await filesOf(objects, tree))].filter(([, { mode }]) => mode === nestedMode).map(([place]) => place);
  const unsafe = await unsafeRepositories(repository.git, inner);
  const inside = leftOut.filter(({ why }) => why === worktreeInside).map(({ path: each }) => each);
  const worktrees = await unsafeWorktrees(git, objects, inside, question);
  const named = [...changed.map(nameOf), ...leftOut.map(({ path: each }) => each)];
  const files = [...new Set(named)].filter((each) => !unsafe.includes(each) && !inside.includes(each));
  return {
    commits: commits.slice(0, shown),
    commitCount: commits.length,
    files: files.slice(0, shown),
    fileCount: files.length,
    repositories: unsafe.slice(0, shown),
    repositoryCount: unsafe.length,
    worktrees: worktrees.slice(0, shown),
    worktreeCount: worktrees.length,
    uncommitted: uncommitted.slice(0, shown).map((each: BytePath) => nameOf(each)),
    uncommittedCount: uncommitted.length,
  };
}

/**
 * The commits that only the tips have, one line each.
 * @throws GitProblem.
 */
export async function unreachable(
  objects: Objects,
  tips: readonly string[],
  { baseCommit, taskBranches }: Pick<WorktreeQuestion, "baseCommit" | "taskBranches">,
): Promise<string[]> {
  const excluded = ["cw/*", ...taskBranches].map((each) => `--exclude=${each}`);
  const args = [
    "log",
    "--format=%h %s",
    "--max-count=1000",
    ...tips,
    "--not",
    baseCommit,
    ...excluded,
    "--branches",
    "--remotes",
    "--tags",
  ];
  const output = await objects.run(args);
  return output
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
}

/**
 * The worktrees inside, as subagents have them, that only have what is elsewhere may go: their
 * files are as they were committed, and their commit is on a branch, which stays.
 */
async function unsafeWorktrees(git: Git, objects: Objects, places: readonly string[], question: WorktreeQuestion): Promise<string[]> {
  const found: string[] = [];
  for (const place of places) {
    const why = await ownWork(git.in(path.join(git.directory, place)), objects, question);
    if (why !== null) found.push(`${place} (${why})`);
  }
  return found;
}

/** Null: there is none. */
async function ownWork(git: Git, objects: Objects, question: WorktreeQuestion): Promise<string | null> {
  try {
    const state = readStatus(await git.run([...statusArguments, "--"], { timeoutMs: insideMs }));
    if (state.isDirty) return "files that are not committed";
    if (state.head === null) return "no commit yet";
    return (await unreachable(objects, [state.head], question)).length > 0 ? "commits on no branch and no remote" : null;
  } catch {
    return "git cannot read it";
  }
}

async function branchTip(git: Git, { branch }: WorktreeQuestion): Promise<string[]> {
  const tip = branch === null ? null : await tipOf(git, {}, branch);
  return tip === null ? [] : [tip];
}
