/** What doors show of where a task's files are, and of the snapshots of them. */
import { z } from "zod";
import { taskStatuses } from "../../domain/task/task.ts";
import { landingStates } from "../../domain/workspace/landing.ts";
import { applyWays } from "../../domain/workspace/apply.ts";
import { checkpointReasons, workspaceKinds, workspaceStates } from "../../domain/workspace/workspace.ts";
import { setupStates } from "../../domain/workspace/setup.ts";
import { time } from "./time.ts";

const changes = {
  changed_files: z.int().nullable().describe("Files that differ from the beginning of the task; null: not counted."),
  insertions: z.int().nullable().describe("Lines that were added since then."),
  deletions: z.int().nullable().describe("Lines that were removed since then."),
};

const counted = {
  changed_files: z.int().describe("Files that it changes there."),
  insertions: z.int(),
  deletions: z.int(),
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
  applied: z
    .object({
      way: z.enum(applyWays),
      branch: z.string().describe("The branch of the checkout."),
      commit: z.string().nullable().describe("The commit of that branch after it; null: nothing was committed."),
      at: time,
    })
    .nullable()
    .describe("Where the task's work was applied last; null: it was not."),
  ports: z.array(z.int()).describe("The ports that belong to this worktree alone: `WORKER_PORT` is the first. Empty: it has none."),
  setup: z
    .object({
      command: z.string(),
      state: z.enum(setupStates).describe("`stopped`: its attempt was stopped meanwhile."),
      exit_code: z.int().nullable().describe("Null: it did not exit by itself."),
      reason: z.string().nullable().describe("Why it did not run to its end; null: it exited."),
      output_tail: z.string().describe("The end of what it printed, without secrets."),
      started_at: time,
      took_ms: z.int().nullable().describe("Null: it runs."),
      cached: z.boolean().describe("Whether what an earlier run had made was copied, instead of a run."),
    })
    .nullable()
    .describe("The last run of the command that sets the worktree up; null: there was none."),
});
export type WorkspaceView = z.infer<typeof workspaceView>;

/** What a snapshot does not have, and so nothing that is made of it. */
const leftOutFields = {
  left_out: z
    .array(z.object({ path: z.string(), why: z.string() }))
    .describe("The first files that the checkpoint does not have: untracked ones over 20 MB and others."),
  left_out_count: z.int().describe("How many files it does not have; ignored files do not count."),
};

export const checkpointView = z.object({
  number: z.int().describe("Its number in the task."),
  attempt: z.int().describe("The number of the attempt that made it."),
  reason: z
    .enum(checkpointReasons)
    .describe(
      "`start`: before the attempt's first step. `turn`: after a turn. `park`: before a wait without a process. `end`: at the attempt's end. `restore`: before files were put back or applied. `restored`: after that.",
    ),
  turn: z.int().describe("Turns of the task when it was made."),
  at: time,
  ref: z.string().describe("The ref that names the commit in the repository."),
  commit: z.string().describe("The commit with the files."),
  tree: z.string(),
  head_commit: z.string().nullable().describe("The commit of HEAD; null: there was none."),
  branch: z.string().nullable().describe("The branch of HEAD; null: HEAD was detached."),
  ...changes,
  ...leftOutFields,
});
export type CheckpointView = z.infer<typeof checkpointView>;

export const worktreeView = z.object({
  task: z.int().describe("The number of the task; it may have been removed."),
  title: z.string().nullable().describe("Null: the task was removed."),
  status: z.enum(taskStatuses).nullable().describe("The task's; null: it was removed."),
  state: z.enum(workspaceStates).describe("As in the task's `workspace`."),
  path: z.string(),
  repository: z.string().nullable(),
  branch: z.string().nullable(),
  ...changes,
  dirty: z.boolean().nullable(),
  trash: z.string().nullable().describe("Where it lies since it was removed."),
  deleted_at: time.nullable().describe("When it will be deleted from the trash; null: it is not in the trash."),
});
export type WorktreeView = z.infer<typeof worktreeView>;
export const worktreeList = z.object({ workspaces: z.array(worktreeView).describe("Newest task first.") });

const cleanedView = z.object({
  task: z.int(),
  path: z.string(),
  cleaned: z.boolean().describe("Whether it was moved into the trash; of a dry run: whether it would be."),
  reasons: z.array(z.string()).describe("Why it stays, or with `force` what goes with it: each a part of a sentence."),
  only_snapshots: z
    .array(z.string())
    .describe("What was neither committed nor applied, and only the task's snapshots have afterwards: each a part of a sentence."),
  removed: z.boolean().describe("Whether it had been removed before: there was nothing to do."),
  advice: z.string().nullable().describe("What to do about a worktree that stays, for people; null: nothing is known."),
});
export type CleanedView = z.infer<typeof cleanedView>;
export const cleanView = z.object({ workspaces: z.array(cleanedView), dry_run: z.boolean() });
export type CleanView = z.infer<typeof cleanView>;

export const applyView = z.object({
  applied: z.boolean().describe("False: the branch has the work already, or it was a dry run."),
  way: z.enum(applyWays),
  branch: z.string().describe("The branch of the checkout."),
  onto: z.string().describe("The branch's commit before."),
  commit: z.string().nullable().describe("The branch's commit after; null: nothing was committed."),
  checkpoint: z.int().describe("The checkpoint with the files that were applied."),
  ...leftOutFields,
  ...counted,
  dry_run: z.boolean(),
});
export type ApplyView = z.infer<typeof applyView>;

const landedTaskView = z.object({
  task: z.int(),
  state: z
    .enum(landingStates)
    .describe(
      "`landed`: it is on the branch; in a dry run: it fits. `already`: it was there. `conflict`: it does not fit. `failed`: with it a check fails.",
    ),
  commit: z.string().nullable().describe("The branch's commit with this task's work; null: it did not land."),
  changed_files: z.int().describe("Files that it changes there."),
  reason: z.string().nullable().describe("Why it was left out, for people; null: it was not."),
  files: z.array(z.string()).describe("The files that changed on both sides."),
  ...leftOutFields,
  check: z
    .object({
      command: z.string(),
      exit_code: z.int().nullable().describe("Null: it did not exit by itself."),
      output_tail: z.string().describe("The end of what it printed, without secrets."),
      failed_before: z.boolean().describe("Whether it fails without this task's work, too."),
    })
    .nullable()
    .describe("The command that fails with it; null: none."),
  message: z.int().nullable().describe("The message that tells the task of the conflict; null: there is none."),
});
export type LandedTaskView = z.infer<typeof landedTaskView>;

export const landView = z.object({
  into: z.string(),
  onto: z.string().describe("The branch's commit before."),
  commit: z.string().nullable().describe("The branch's commit after; null: nothing landed."),
  landed: z.boolean().describe("Whether the branch has moved."),
  checks: z
    .array(z.string())
    .describe("The commands that passed for the whole; in a dry run: that would be run. Empty: nothing was checked."),
  tasks: z.array(landedTaskView).describe("In the order of the input."),
  dry_run: z.boolean(),
});
export type LandView = z.infer<typeof landView>;

export const putBackView = z.object({
  checkpoint: z.int().describe("The checkpoint whose files are there now."),
  before: z.int().describe("The checkpoint with the files as they were before: put back to it to come back."),
  changed_files: z.int().describe("Files that were written or removed."),
  written: z.array(z.string()).describe("The first 1,000 that were written."),
  removed: z.array(z.string()).describe("The first 1,000 that were removed."),
  left_alone: z
    .array(z.string())
    .describe(
      "What stays as it is: repositories inside of the work tree, of which only the commits are known, and files that were ignored at the checkpoint.",
    ),
  dry_run: z.boolean().describe("True: nothing was changed yet."),
});
export type PutBackView = z.infer<typeof putBackView>;

const fileKind = z.enum(["file", "program", "link", "directory", "repository"]);

export const snapshotFileView = z.object({
  checkpoint: z.int(),
  commit: z.string(),
  path: z.string().describe("Relative to the top of the work tree; empty: the top."),
  kind: fileKind.describe("`program`: a file that may be executed. `link`: its content is what it leads to."),
  size: z.int().nullable().describe("Bytes; null: it has no content."),
  encoding: z.enum(["utf8", "base64"]).nullable().describe("How `content` is written."),
  content: z.string().nullable().describe("Null: a directory, or a repository of its own."),
  entries: z
    .array(
      z.object({
        name: z.string(),
        name_bytes: z.string().nullable().describe("The bytes of a name that is not UTF-8, as base64; null: `name` has all of it."),
        kind: fileKind,
        size: z.int().nullable(),
      }),
    )
    .nullable()
    .describe("What a directory has, at most 10,000; null: it is something else."),
});
export type SnapshotFileView = z.infer<typeof snapshotFileView>;

export const checkpointList = z.object({
  checkpoints: z.array(checkpointView).describe("Oldest first."),
  no_snapshots: z.string().nullable().describe("Why the last try gave no snapshot, as a sentence; null: it gave one."),
});

const landingView = z.object({
  id: z.int().describe("Its number since the server's start."),
  into: z.string().describe("The branch that gets the work."),
  tasks: z.array(z.int()),
  steps: z.array(z.object({ at: time, text: z.string().describe("One line for people.") })).describe("What it has done so far."),
  ended: z.boolean(),
});
export type LandingView = z.infer<typeof landingView>;
export const landingList = z.object({ landings: z.array(landingView).describe("Oldest first, with the last 20 that have ended.") });
