/** What doors show of how a task's files differ between two snapshots. */
import { z } from "zod";
import { fileStatuses, lineEncodings } from "../../domain/workspace/diff.ts";

const sideView = z.object({
  checkpoint: z.int().nullable().describe("The number of the checkpoint; null: the commit that the task's worktree began with."),
  commit: z.string(),
});

export const hunkView = z.object({
  old_start: z.int().describe("The first line before the change, from 1; 0 for a new file."),
  old_lines: z.int(),
  new_start: z.int(),
  new_lines: z.int(),
  section: z.string().describe("What stands above the lines, e.g. the name of a function; empty: nothing."),
  lines: z.array(z.string()).describe("Each begins with a blank (unchanged), `-`, `+`, or `\\` where the line before it has no line end."),
});
export type HunkView = z.infer<typeof hunkView>;

export const fileDiffView = z.object({
  path: z.string().describe("Relative to the top of the work tree."),
  old_path: z.string().nullable().describe("The name before, of a renamed or copied file; else null."),
  path_bytes: z.string().nullable().describe("The bytes of a name that is not UTF-8, as base64; null: `path` has all of it."),
  old_path_bytes: z.string().nullable(),
  status: z.enum(fileStatuses),
  old_mode: z.string().nullable().describe("Git's mode before, e.g. `100644`, `120000` (a link); null: the file is new."),
  new_mode: z.string().nullable().describe("Null: the file is gone."),
  binary: z.boolean(),
  insertions: z.int().nullable().describe("Null: it is a binary file."),
  deletions: z.int().nullable(),
  hunks: z.array(hunkView).nullable().describe("Null: they were not asked for, or `not_shown` says why."),
  encoding: z
    .enum(lineEncodings)
    .describe("`latin1`: the lines are not UTF-8, and each of their characters stands for one byte. Else `utf8`."),
  not_shown: z.string().nullable().describe("Why there are no hunks, as a part of a sentence: the file …; null: there are."),
});
export type FileDiffView = z.infer<typeof fileDiffView>;

export const diffView = z.object({
  from: sideView,
  to: sideView,
  changed_files: z.int().describe("All that differ, also those on other pages."),
  insertions: z.int(),
  deletions: z.int(),
  files: z.array(fileDiffView).describe("A page of them, in git's order."),
  next_offset: z.int().nullable().describe("The `offset` of the next page; null: this is the last one."),
});
export type DiffView = z.infer<typeof diffView>;
