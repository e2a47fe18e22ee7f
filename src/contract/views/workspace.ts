/** What doors show of where a task's files are, and of the snapshots of them. */
import { z } from "zod";
import { checkpointReasons, workspaceKinds, workspaceStates } from "../../domain/workspace/workspace.ts";
import { time } from "./time.ts";

const changes = {
  changed_files: z.int().nullable().describe("Files that differ from the beginning of the task; null: not counted."),
  insertions: z.int().nullable().describe("Lines that were added since then."),
  deletions: z.int().nullable().describe("Lines that were removed since then."),
};

export const workspaceView = z.object({
  kind: z.enum(workspaceKinds).describe("`in_place`: the task works in its working directory. `worktree`: in a git worktree of its own."),
  state: z
    .enum(workspaceStates)
    .nullable()
    .describe(
      "Where a worktree stands. `creating`: it is made before Claude starts. `ready`: Claude works there. `kept`: the task has ended. `trashed`: it was moved into the trash. `gone`: it was deleted. Null: the task works in place.",
    ),
  path: z.string().describe("The top of the work tree; outside of git the working directory."),
  repository: z.string().nullable().describe("The git directory that all work trees of the repository share; null: it is not in git."),
  branch: z.string().nullable().describe("The branch of HEAD; null: HEAD is detached, or not known."),
  base_commit: z.string().nullable().describe("The commit that the task began with; null: there was none."),
  head_commit: z.string().nullable().describe("The commit of HEAD at the last snapshot; null: there was none."),
  ...changes,
  dirty: z.boolean().nullable().describe("Whether files differed from HEAD at the last snapshot; null: there is none."),
  no_snapshots: z.string().nullable().describe("Why the last try gave no snapshot, as a sentence; null: it gave one."),
});
export type WorkspaceView = z.infer<typeof workspaceView>;

export const checkpointView = z.object({
  number: z.int().describe("Its number in the task."),
  attempt: z.int().describe("The number of the attempt that made it."),
  reason: z
    .enum(checkpointReasons)
    .describe(
      "`start`: before the attempt's first step. `turn`: after a turn. `park`: before a wait without a process. `end`: at the attempt's end.",
    ),
  turn: z.int().describe("Turns of the task when it was made."),
  at: time,
  ref: z.string().describe("The ref that names the commit in the repository."),
  commit: z.string().describe("The commit with the files."),
  tree: z.string(),
  head_commit: z.string().nullable().describe("The commit of HEAD; null: there was none."),
  branch: z.string().nullable().describe("The branch of HEAD; null: HEAD was detached."),
  ...changes,
  left_out: z
    .array(z.object({ path: z.string(), why: z.string() }))
    .describe("The first files that it does not have: untracked ones over 20 MB and others."),
  left_out_count: z.int().describe("How many files it does not have; ignored files do not count."),
});
export type CheckpointView = z.infer<typeof checkpointView>;

export const checkpointList = z.object({
  checkpoints: z.array(checkpointView).describe("Oldest first."),
  no_snapshots: z.string().nullable().describe("Why the last try gave no snapshot, as a sentence; null: it gave one."),
});
