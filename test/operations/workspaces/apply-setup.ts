/** What the tests of apply begin with: a checkout, and a task that worked in a worktree of it. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { ApplyWay } from "../../../src/domain/workspace/apply.ts";
import type { ApplyView } from "../../../src/contract/views/workspace.ts";
import { realApi } from "../../../testing/real-api.ts";
import type { RealApi } from "../../../testing/real-api.ts";
import { checkout, worktreeTask } from "../../../testing/task-worktree.ts";
import type { WorktreeTask } from "../../../testing/task-worktree.ts";
import { person } from "./setup.ts";

export interface Bundle extends RealApi {
  readonly git: (...args: string[]) => string;
  readonly task: WorktreeTask;
  apply(way?: ApplyWay, more?: object): Promise<ApplyView>;
  /** Null: it is not there. */
  read(name: string): string | null;
  /** Everything of the checkout that an apply that is refused must not change. */
  state(): string[];
}

export async function setup(t: TestContext): Promise<Bundle> {
  const real = realApi(t);
  const git = checkout(real);
  const task = await worktreeTask(real);
  const file = (name: string): string => path.join(real.corner.work, name);
  return {
    ...real,
    git,
    task,
    apply: async (way = "squash", more = {}) => await real.api.applyTask({ id: task.id, way, dry_run: false, ...more }, person),
    read: (name) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : null),
    state: () => [
      git("rev-parse", "HEAD"),
      git("symbolic-ref", "HEAD"),
      git("status", "--porcelain"),
      git("worktree", "list").split("\n").length.toString(),
    ],
  };
}

/** The task has committed twice, and changed one more file. */
export async function commitTwice({ task }: Pick<Bundle, "task">): Promise<void> {
  task.write("app.txt", "two\n");
  task.git("commit", "-qam", "one: change\n\nWith a body.");
  task.write("deep/new.txt", "new\n");
  task.git("add", ".");
  task.git("-c", "user.name=The Agent", "commit", "-qm", "two: add");
  await task.snapshot();
}
