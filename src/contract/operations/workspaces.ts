/** The files of tasks: their snapshots, and what differs between them. */
import { z } from "zod";
import { diffView } from "../views/diff.ts";
import {
  applyView,
  checkpointList,
  cleanView,
  landingList,
  landView,
  putBackView,
  snapshotFileView,
  worktreeList,
  worktreeView,
} from "../views/workspace.ts";
import { text } from "../task-options.ts";
import { operation } from "./operation.ts";
import { applyWays } from "../../domain/workspace/apply.ts";
import { workspaceStates } from "../../domain/workspace/workspace.ts";
import { flag, largest, listOf, taskParams, wholeNumber } from "./query-values.ts";

const tag = "Workspaces";

/** More files than this are not in one answer. */
const mostFiles = 500;

export const diffQuery = z.strictObject({
  since: wholeNumber(1, largest).optional().describe("The checkpoint to compare with; default: the beginning of the task."),
  to: wholeNumber(1, largest).optional().describe("The checkpoint that is compared; default: the last one."),
  hunks: flag.optional().describe("`false`: without the lines. Default `true`."),
  offset: wholeNumber(0, largest).optional().describe("So many files are left out; `next_offset` of the page before."),
  limit: wholeNumber(1, mostFiles).optional().describe("Default 100."),
});
export type DiffQuery = z.output<typeof diffQuery>;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const filesQuery = z.strictObject({
  path: text.max(4096).default("").describe("Relative to the top of the work tree; empty: the top."),
  path_bytes: text
    .max(8192)
    .regex(base64)
    .optional()
    .describe("The bytes of a path that is not UTF-8, as base64; takes the place of `path`."),
  checkpoint: wholeNumber(1, largest).optional().describe("Default: the last one."),
});
export type FilesQuery = z.output<typeof filesQuery>;

export const putBackFields = {
  force: z.boolean().default(false).describe("Also files that others have changed since."),
  dry_run: z.boolean().default(false).describe("Only say what would be changed."),
};
export const undoInput = z.strictObject(putBackFields);
export const restoreInput = z.strictObject({ checkpoint: z.int().min(1).describe("Its number."), ...putBackFields });
export type PutBackInput = z.output<typeof undoInput>;

export const workspacesQuery = z.strictObject({
  state: listOf(z.enum(workspaceStates)).optional().describe("Only worktrees in these states. Default: all but `gone`."),
});
export type WorkspacesQuery = z.output<typeof workspacesQuery>;

export const cleanInput = z.strictObject({
  tasks: z.array(z.int().min(1)).max(1000).optional().describe("Only the worktrees of these tasks. Absent: all of ended tasks."),
  dry_run: z.boolean().default(false).describe("Only say what would be moved."),
  force: z.boolean().default(false).describe("Also what would be lost when the trash is emptied. Needs `tasks`."),
});
export type CleanInput = z.output<typeof cleanInput>;

export const applyInput = z.strictObject({
  way: z
    .enum(applyWays)
    .default("squash")
    .describe(
      "`squash`: as one commit. `merge`: as a merge of the task's branch. `rebase`: its commits, one by one. `patch`: as changes that are not committed.",
    ),
  message: text.min(1).max(10_000).optional().describe("Of the commit, or of the merge. Default: the task's name or title."),
  dry_run: z.boolean().default(false).describe("Only say what would be applied, and whether it fits."),
});
export type ApplyInput = z.output<typeof applyInput>;

export const landInput = z.strictObject({
  tasks: z.array(z.int().min(1).max(largest)).min(1).max(100).describe("The tasks, in the order in which their work lands."),
  into: text.min(1).max(200).describe("The branch that gets the work: one of the repository's own."),
  way: z.enum(["squash", "rebase"]).default("squash").describe("`squash`: one commit a task. `rebase`: each task's own commits."),
  send_conflicts: z
    .boolean()
    .default(false)
    .describe("Tell each task whose work does not fit, so that it continues and resolves the conflict."),
  dry_run: z.boolean().default(false).describe("Only say what fits, and what would be checked. No command is run."),
});
export type LandInput = z.output<typeof landInput>;

const putBackText =
  "Only files that the task itself changed since then; commits, HEAD and the index stay. A snapshot is taken before, so nothing is lost. A file that others changed since is a `conflict` without `force`; one that is in the way and in no snapshot always is. The task must have ended. Agents cannot.";

export const workspaceOperations = {
  listCheckpoints: operation("listCheckpoints", {
    access: "read",
    tag,
    summary: "List the snapshots of a task's files",
    description:
      "A snapshot is a commit of the tracked and untracked files that are not ignored. It is taken before each attempt's first step, after each turn that changed something, and at the end, where the working directory is in a git repository.",
    params: taskParams,
    answer: "All snapshots, oldest first.",
    output: checkpointList,
  }),
  taskDiff: operation("taskDiff", {
    access: "read",
    tag,
    summary: "Show what a task changed",
    description:
      "Compares two snapshots: the beginning of the task with the last one, unless the query names others. No diff driver of the repository runs. One page; `next_offset` leads to the next.",
    params: taskParams,
    query: diffQuery,
    answer: "The files that differ.",
    output: diffView,
    problems: ["conflict"],
  }),
  listWorkspaces: operation("listWorkspaces", {
    access: "read",
    tag,
    summary: "List the worktrees of tasks",
    query: workspacesQuery,
    answer: "The worktrees.",
    output: worktreeList,
  }),
  cleanWorkspaces: operation("cleanWorkspaces", {
    access: "submit",
    tag,
    summary: "Move worktrees of ended tasks into the trash",
    description:
      "Only those that nothing would be lost of: the task has ended and has no open question, no process works there, every commit is on another branch or a remote, and the files are those of the last snapshot. They lie in the trash for 7 days. Agents cannot.",
    body: cleanInput,
    bodyOptional: true,
    answer: "What was moved, and why the others stay.",
    output: cleanView,
    problems: ["not_found"],
  }),
  restoreWorkspace: operation("restoreWorkspace", {
    access: "submit",
    tag,
    summary: "Bring a worktree back from the trash",
    description: "The task may have been removed since. Agents cannot.",
    params: taskParams,
    answer: "The worktree.",
    output: worktreeView,
    problems: ["conflict"],
  }),
  snapshotFile: operation("snapshotFile", {
    access: "read",
    tag,
    summary: "Read a file from a snapshot",
    description: "At most 5 MB. For a directory: what it has.",
    params: taskParams,
    query: filesQuery,
    answer: "The file.",
    output: snapshotFileView,
    problems: ["conflict", "payload_too_large"],
  }),
  restoreFiles: operation("restoreFiles", {
    access: "submit",
    tag,
    summary: "Put a task's files back to a checkpoint",
    description: putBackText,
    params: taskParams,
    body: restoreInput,
    answer: "What was changed.",
    output: putBackView,
    problems: ["conflict", "untrusted_directory"],
  }),
  applyTask: operation("applyTask", {
    access: "submit",
    tag,
    summary: "Apply a task's work to the checkout",
    description:
      "Brings what the task did in its worktree onto the branch that is checked out in the task's working directory. The result is computed beside it first: a checkout with changes that are not committed, and work that does not fit, are a `conflict`, and nothing is changed then. Agents cannot.",
    params: taskParams,
    body: applyInput,
    bodyOptional: true,
    answer: "What was applied.",
    output: applyView,
    problems: ["conflict", "untrusted_directory"],
  }),
  landTasks: operation("landTasks", {
    access: "submit",
    tag,
    summary: "Land the work of tasks on a branch, checked together",
    description:
      "Puts the work of each task on top of the others', runs the tasks' verify commands for the whole, and moves the branch once. Work that does not fit, or with which a command fails twice, is left out, and the rest lands. A task that has not ended, a checkout of the branch with changes that are not committed, and a command that cannot be run are a `conflict`: nothing has landed then. The answer comes at the end, up to an hour later; the same call again is safe. Nothing is pushed. Agents cannot.",
    body: landInput,
    answer: "What landed, and what did not.",
    output: landView,
    problems: ["conflict", "untrusted_directory", "not_found"],
  }),
  listLandings: operation("listLandings", {
    access: "read",
    tag,
    summary: "Show what landings do at the moment",
    description: "Those of this server since its start. For people who wait for the answer of one.",
    answer: "The landings.",
    output: landingList,
  }),
  undoTask: operation("undoTask", {
    access: "submit",
    tag,
    summary: "Undo what a task changed",
    description: `Puts files back to before the task's first step. ${putBackText}`,
    params: taskParams,
    body: undoInput,
    bodyOptional: true,
    answer: "What was changed.",
    output: putBackView,
    problems: ["conflict", "untrusted_directory"],
  }),
};
