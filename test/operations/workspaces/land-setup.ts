/** What the tests of landings begin with: a checkout, and tasks that worked in worktrees of it. */
import type { TestContext } from "node:test";
import type { LandView } from "../../../src/contract/views/workspace.ts";
import { realApi } from "../../../testing/real-api.ts";
import type { RealApi } from "../../../testing/real-api.ts";
import { checkout, worktreeTask } from "../../../testing/task-worktree.ts";
import type { WorktreeTask } from "../../../testing/task-worktree.ts";
import { person } from "./setup.ts";

export interface Bundle extends RealApi {
  readonly git: (...args: string[]) => string;
  /** A task that has written these files. */
  worked(files: Record<string, string>, ...verify: string[]): Promise<WorktreeTask>;
  /** The same with other options. */
  worktree(files: Record<string, string>, more: object): Promise<WorktreeTask>;
  land(tasks: readonly WorktreeTask[], more?: object): Promise<LandView>;
  /** What a landing that is refused must not change. */
  state(): string[];
}

export function setup(t: TestContext): Bundle {
  const real = realApi(t);
  const git = checkout(real);
  const worktree: Bundle["worktree"] = async (files, more) => {
    const task = await worktreeTask(real, more);
    for (const [name, text] of Object.entries(files)) task.write(name, text);
    return task;
  };
  return {
    ...real,
    git,
    worked: async (files, ...verify) => await worktree(files, { verify }),
    worktree,
    land: async (tasks, more = {}) =>
      await real.api.landTasks(
        { tasks: tasks.map(({ id }) => id), into: "main", way: "squash", send_conflicts: false, dry_run: false, ...more },
        person,
      ),
    state: () => [git("rev-parse", "main"), git("status", "--porcelain"), git("for-each-ref", "refs/heads")],
  };
}

export const statesOf = ({ tasks }: LandView): string[] => tasks.map(({ state }) => state);
