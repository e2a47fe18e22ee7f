/** What the tests of clean begin with: a checkout, and a task with a worktree of it. */
import type { TestContext } from "node:test";
import { GitProgram } from "../../../src/git/git-program.ts";
import { emptyTrash } from "../../../src/operations/workspaces/empty-trash.ts";
import { WorkspaceGate } from "../../../src/operations/workspaces/workspace-gate.ts";
import { processesInside } from "../../../src/processes/processes-inside.ts";
import { realApi } from "../../../testing/real-api.ts";
import type { RealApi } from "../../../testing/real-api.ts";
import { checkout, worktreeTask } from "../../../testing/task-worktree.ts";
import type { WorktreeTask } from "../../../testing/task-worktree.ts";
import { person } from "./setup.ts";

export const dayMs = 86_400_000;

export interface Bundle extends RealApi {
  readonly git: (...args: string[]) => string;
  readonly task: WorktreeTask;
  /** Why the worktree stays; null: it was removed. */
  clean(more?: object): Promise<string | null>;
  /** Empties the trash as the server does, so many days from now. */
  empty(days: number): Promise<{ deleted: number; left: number; problems: readonly string[] }>;
  refs(): string[];
}

export async function setup(t: TestContext, more: object = {}): Promise<Bundle> {
  const real = realApi(t);
  const git = checkout(real);
  const task = await worktreeTask(real, more);
  const program = new GitProgram({ PATH: process.env["PATH"], HOME: real.corner.home });
  const files = {
    store: real.store,
    paths: real.paths,
    git: program,
    gate: new WorkspaceGate(),
    now: () => real.clock.nowMs,
    processesIn: processesInside,
  };
  return {
    ...real,
    git,
    task,
    clean: async (input = {}) => {
      const { workspaces } = await real.api.cleanWorkspaces({ tasks: [task.id], dry_run: false, force: false, ...input }, person);
      return workspaces[0]?.cleaned === true ? null : (workspaces[0]?.reasons.join("; ") ?? "");
    },
    empty: async (days) => await emptyTrash(files, real.clock.nowMs + days * dayMs),
    refs: () => git("for-each-ref", "--format=%(refname)").split("\n"),
  };
}
