/** Makes the worktree of a stored task, and ends the task, without a runner. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Caller } from "../src/contract/caller.ts";
import { taskInput } from "../src/contract/task-input.ts";
import { Git } from "../src/git/git.ts";
import { GitProgram } from "../src/git/git-program.ts";
import { PrivateIndex } from "../src/git/private-index.ts";
import { openRepository } from "../src/git/repository.ts";
import { snapshotLimits, takeSnapshot } from "../src/git/snapshot.ts";
import { prepareWorktree } from "../src/git/worktree.ts";
import { snapshotIndexPath } from "../src/config/paths.ts";
import { plainGit } from "./git-repository.ts";
import { goodTask } from "./mcp.ts";
import type { RealApi } from "./real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };

export interface WorktreeTask {
  readonly id: number;
  /** Where the worktree lies. */
  readonly path: string;
  readonly branch: string;
  /** Git as a person runs it in the worktree. */
  git(...args: string[]): string;
  write(name: string, text: string): void;
  /** Null: it is not there. */
  read(name: string): string | null;
  /** Takes a snapshot as the runner does. */
  snapshot(reason?: "start" | "end"): Promise<void>;
}

/** Git as a person runs it in the checkout. Makes a repository with one commit of `app.txt`. */
export function checkout({ corner }: Pick<RealApi, "corner">): (...args: string[]) => string {
  const git = (...args: string[]): string => plainGit(corner.work, environment(corner.home), args);
  git("init", "-q", "-b", "main");
  corner.file("work/app.txt", "one\n");
  git("add", ".");
  git("commit", "-qm", "first");
  return git;
}

/** A completed task with a worktree, and a snapshot of its beginning. */
export async function worktreeTask(
  { api, store, paths, corner, clock, run }: Pick<RealApi, "api" | "store" | "paths" | "corner" | "clock" | "run">,
  more: object = {},
): Promise<WorktreeTask> {
  const input = taskInput.parse({ ...goodTask(corner.work), workspace_kind: "worktree", ...more });
  const { id } = await api.submitTask(input, person);
  const known = store.workspaces.get(id);
  if (known?.repository == null || known.baseCommit === null || known.branch === null) throw new Error("The task has no worktree.");
  const { path: place, repository, baseCommit, branch, prefix } = known;
  const program = new GitProgram(environment(corner.home));
  const digest = createHash("sha256").update(paths.home).digest("hex").slice(0, 8);
  await prepareWorktree(program, {
    isShared: false,
    state: "creating",
    path: place,
    prefix,
    repository,
    branch,
    isNamed: known.namesBranch,
    baseCommit,
    mark: `claude-worker: task ${id} (${digest})`,
    lock: path.join(path.dirname(place), ".lock"),
    trash: path.join(paths.workspaces, ".trash"),
    files: null,
  });
  await run(id, []);
  const attemptId = store.attempts.ofTask(id)[0]?.id ?? 0;
  await store.write(() => store.workspaces.put({ ...known, state: "kept", headCommit: baseCommit }));
  let number = 0;
  const snapshot: WorktreeTask["snapshot"] = async (reason = "end") => {
    number += 1;
    const taken = await takeSnapshot({
      repository: await openRepository(new Git(program, place)),
      index: new PrivateIndex(snapshotIndexPath(paths, id)),
      refs: `refs/claude-worker/${id}/1`,
      number,
      message: "x",
      last: null,
      except: [],
      limits: snapshotLimits,
      timeoutMs: 30_000,
    });
    if (taken === null) throw new Error("A snapshot without one before it is always taken.");
    const { isDirty, ...rest } = taken;
    const row = { ...rest, taskId: id, number, attemptId, reason, turn: number, at: clock.nowMs, changes: null, leftOutCount: 0 };
    await store.write(() => {
      store.checkpoints.insert(row);
      const now = store.workspaces.get(id);
      if (now !== null) store.workspaces.put({ ...now, headCommit: taken.head, isDirty });
    });
  };
  await snapshot("start");
  const file = (name: string): string => path.join(place, name);
  return {
    id,
    path: place,
    branch,
    snapshot,
    git: (...args) => plainGit(place, environment(corner.home), args),
    write: (name, text) => {
      mkdirSync(path.dirname(file(name)), { recursive: true });
      writeFileSync(file(name), text);
    },
    read: (name) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : null),
  };
}

function environment(home: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home };
}
