/** The files of tasks: their snapshots, and what differs between them. */
import { z } from "zod";
import { diffView } from "../views/diff.ts";
import { checkpointList, putBackView, snapshotFileView } from "../views/workspace.ts";
import { text } from "../task-options.ts";
import { operation } from "./operation.ts";
import { flag, largest, taskParams, wholeNumber } from "./query-values.ts";

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

export const filesQuery = z.strictObject({
  path: text.max(4096).default("").describe("Relative to the top of the work tree; empty: the top."),
  checkpoint: wholeNumber(1, largest).optional().describe("Default: the last one."),
});
export type FilesQuery = z.output<typeof filesQuery>;

const putBack = {
  force: z.boolean().default(false).describe("Also files that others have changed since."),
  dry_run: z.boolean().default(false).describe("Only say what would be changed."),
};
export const undoInput = z.strictObject(putBack);
export const restoreInput = z.strictObject({ checkpoint: z.int().min(1).describe("Its number."), ...putBack });
export type PutBackInput = z.output<typeof undoInput>;

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
