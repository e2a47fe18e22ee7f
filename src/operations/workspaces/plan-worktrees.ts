/**
 * Checks before a submit what worktrees would be made of, and writes their rows with the tasks. The
 * runner makes them.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Paths } from "../../config/paths.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import { branchOf, repositoryName, slugOf } from "../../domain/workspace/names.ts";
import type { Workspace } from "../../domain/workspace/workspace.ts";
import { freePorts } from "../../domain/workspace/workspace-variables.ts";
import { Git } from "../../git/git.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { PlanProblem, planWorktree } from "../../git/worktree-plan.ts";
import type { PlanPart, WorktreePlan } from "../../git/worktree-plan.ts";
import type { NewTask, Store } from "../../store/store.ts";
import type { PlannedDependency } from "../tasks/submit-order.ts";
import type { PromptOrigin } from "../prompts/hold-prompt.ts";

/**
 * A new task with what its worktree is made of (absent: it works in place), and the tasks that it
 * runs after.
 */
export interface PlannedTask extends NewTask {
  readonly worktree?: WorktreePlan;
  /**
   * The task whose worktree it shares: by its number, or its place among those that are stored with
   * it, perhaps its own. Absent: it shares none.
   */
  readonly shares?: { readonly task: number } | { readonly place: number };
  readonly dependencies?: readonly PlannedDependency[];
  /** What its prompt's expressions can name. Absent: what it runs after. */
  readonly promptOrigin?: PromptOrigin;
  /** The schedule that submits it; absent: none does. */
  readonly schedule?: number;
}

const fields: Readonly<Record<PlanPart, string>> = {
  directory: "/working_directory",
  base: "/worktree_base",
  branch: "/worktree_branch",
};

/**
 * The directory must be trusted: git runs there.
 * @throws WorkerError invalid_input: there can be no such worktree.
 */
export async function planOf(program: GitProgram, task: PlannedTask): Promise<PlannedTask> {
  const { workspaceKind, worktreeBase: base, worktreeBranch: branch, workingDirectory } = task;
  if (task.worktree !== undefined) return task;
  if (workspaceKind !== "worktree") {
    requireNone(task);
    return task;
  }
  try {
    return { ...task, worktree: await planWorktree(new Git(program, workingDirectory), { base, branch }) };
  } catch (error) {
    if (!(error instanceof PlanProblem)) throw error;
    const { part, message } = error;
    const more = part === "directory" ? " Or let the task work in place: --workspace in_place" : "";
    throw new WorkerError("invalid_input", `${message}${more}`, [{ pointer: fields[part], detail: message }]);
  }
}

/** Inside `write`: the worktree is chosen. */
export function chooseWorktree(store: Store, paths: Paths, task: Task, plan: WorktreePlan, beginsWith: string | null = null): void {
  store.workspaces.put(chosen(store, paths, task, { ...plan, beginsWith }));
}

/**
 * Inside `write`: the task works in the worktree that is named after the host, which has one, or is
 * the task itself.
 */
export function shareWorktree(store: Store, paths: Paths, task: Task, plan: WorktreePlan, host: number): void {
  const first = store.workspaces.get(host);
  // It is named after the run, which stands before the task's key.
  const named = { ...task, worktreeName: task.worktreeName ?? task.name?.replace(/\/.*$/s, "") ?? null };
  if (first === null) return store.workspaces.put({ ...chosen(store, paths, named, { ...plan, beginsWith: null }), host: task.id });
  const own = { taskId: task.id, host: first.host, changes: null, isDirty: null, problem: null, setup: null };
  store.workspaces.put({ ...first, ...own });
}

function chosen(
  store: Store,
  paths: Paths,
  task: Task,
  { repository, prefix, baseCommit, branch, beginsWith }: WorktreePlan & { readonly beginsWith: string | null },
): Workspace {
  const slug = slugOf(task.worktreeName ?? task.name ?? task.title);
  const digest = digestOf(repository);
  return {
    taskId: task.id,
    kind: "worktree",
    state: "creating",
    path: join(paths.workspaces, `${repositoryName(repository)}-${digest}`, `${task.id}-${slug}`),
    prefix,
    repository,
    branch: branch ?? branchOf(task.id, slug),
    namesBranch: branch !== null,
    baseCommit,
    headCommit: null,
    host: null,
    beginsWith,
    changes: null,
    isDirty: null,
    problem: null,
    trash: null,
    trashedAt: null,
    ports: freePorts(store.workspaces.ports(), paths.home),
    isSetUp: false,
    setup: null,
  };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** @throws WorkerError invalid_input: an option of a worktree without a worktree. */
function requireNone({ worktreeName, worktreeBase, worktreeBranch, setup }: NewTask): void {
  const given = { worktree_name: worktreeName, worktree_base: worktreeBase, worktree_branch: worktreeBranch, setup };
  const [name] = Object.entries(given).find(([, value]) => value !== null) ?? [];
  if (name === undefined) return;
  const detail = "belongs to a worktree, and the task works in place";
  throw new WorkerError("invalid_input", `${name} ${detail}. Give it a worktree (--worktree), or leave it out.`, [
    { pointer: `/${name}`, detail },
  ]);
}
