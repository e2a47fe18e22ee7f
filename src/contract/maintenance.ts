/** What a person asks of the storage: inputs and views of backup, check and prune. */
import { z } from "zod";
import { text } from "./task-options.ts";

export const backupInput = z.strictObject({
  file: text.min(1).max(4096).describe("Absolute path on the server's machine; it must not exist yet."),
});
export const backupView = z.object({ file: z.string(), bytes: z.int() });
export type BackupView = z.infer<typeof backupView>;

export const checkView = z.object({ sound: z.boolean(), faults: z.array(z.string()).describe("Sentences; empty when all is well.") });
export type CheckView = z.infer<typeof checkView>;

export const pruneInput = z.strictObject({
  older_than_ms: z.int().min(0).max(3_153_600_000_000).describe("Ended tasks older than this go, with their events and logs."),
  dry_run: z.boolean().default(false).describe("Only count them."),
});
export type PruneInput = z.output<typeof pruneInput>;
export const pruneView = z.object({ tasks: z.int().describe("How many were (or would be) removed."), dry_run: z.boolean() });
export type PruneView = z.infer<typeof pruneView>;
