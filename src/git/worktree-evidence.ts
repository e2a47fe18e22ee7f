/**
 * Looks what would be lost if a task's worktree were gone: commits that are nowhere else, and files
 * that no snapshot has. Changes nothing that people see.
 */
import type { BytePath } from "./changed-files.ts";
import { nameOf } from "./changed-files.ts";
import type { Git } from "./git.ts";
import { openRepository } from "./repository.ts";
import { presentTree } from "./snapshot.ts";
import type { TreeOrder } from "./snapshot.ts";
import { tipOf } from "./own-branch.ts";
import { Objects } from "./objects.ts";
import { filesOf, pathsBetween } from "./path-list.ts";
import { unsafeRepositories } from "./inner-repositories.ts";
import type { GitProgram } from "./git-program.ts";

/** So many are named. */
const shown = 10;
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
  const files = [...new Set([...changed.map(nameOf), ...leftOut.map(({ path }) => path)])].filter((each) => !unsafe.includes(each));
  return {
    commits: commits.slice(0, shown),
    commitCount: commits.length,
    files: files.slice(0, shown),
    fileCount: files.length,
    repositories: unsafe.slice(0, shown),
    repositoryCount: unsafe.length,
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

async function branchTip(git: Git, { branch }: WorktreeQuestion): Promise<string[]> {
  const tip = branch === null ? null : await tipOf(git, {}, branch);
  return tip === null ? [] : [tip];
}
