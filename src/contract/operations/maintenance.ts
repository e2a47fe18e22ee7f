/** Maintenance of the stored tasks: backup, check, prune. */
import { z } from "zod";
import { text } from "../task-options.ts";
import { operation } from "./operation.ts";

const tag = "Maintenance";

const backupInput = z.strictObject({
  file: text.min(1).max(4096).describe("Absolute path on the server's machine; it must not exist yet."),
});
const backupView = z.object({ file: z.string(), bytes: z.int() });
export type BackupView = z.infer<typeof backupView>;

const checkView = z.object({ sound: z.boolean(), problems: z.array(z.string()).describe("Sentences; empty when all is well.") });
export type CheckView = z.infer<typeof checkView>;

export const pruneInput = z.strictObject({
  older_than_ms: z.int().min(0).max(3_153_600_000_000).describe("Ended tasks older than this are deleted, with their events and logs."),
  dry_run: z.boolean().default(false).describe("Only count them."),
});
export type PruneInput = z.output<typeof pruneInput>;
const pruneView = z.object({
  tasks: z.int().describe("How many were (or would be) removed."),
  kept: z.int().describe("How many stay, because something of their worktrees would be lost; 0 in a dry run, which does not look."),
  dry_run: z.boolean(),
});
export type PruneView = z.infer<typeof pruneView>;

export const maintenanceOperations = {
  backup: operation("backup", {
    access: "admin",
    tag,
    summary: "Copy the database to a file",
    description: "Safe while tasks run: the copy is a snapshot of one moment.",
    body: backupInput,
    status: 201,
    answer: "The copy is complete and checked.",
    output: backupView,
    problems: ["conflict"],
  }),
  checkDatabase: operation("checkDatabase", {
    access: "admin",
    tag,
    summary: "Look for damage in the database",
    answer: "What was found.",
    output: checkView,
  }),
  prune: operation("prune", {
    access: "admin",
    tag,
    summary: "Delete old ended tasks with their events and logs",
    description: "Never deletes a task that has not ended.",
    body: pruneInput,
    answer: "What was removed.",
    output: pruneView,
  }),
};
