/** Runs as the process of run-maintenance.ts: does one chore, prints one line of JSON, ends. */
import { messageOf, WorkerError } from "../../../domain/errors.ts";
import { writeBackup } from "./backup.ts";
import { findDamagedPages, findDamage } from "./check.ts";
import { openReadOnly, refuseUnusable } from "./database-file.ts";
import type { Chore, ChoreReport } from "./run-maintenance.ts";
import { guarded } from "./storage-error.ts";

const chore = JSON.parse(process.argv[2] ?? "") as Chore;
process.stdout.write(JSON.stringify(report(chore)));

function report(asked: Chore): ChoreReport {
  try {
    return { problems: perform(asked) };
  } catch (thrown) {
    const code = thrown instanceof WorkerError ? thrown.code : "internal";
    return { error: { code, message: messageOf(thrown) } };
  }
}

function perform(asked: Chore): string[] {
  if (asked.kind === "backup") {
    writeBackup(asked);
    return [];
  }
  if (asked.kind === "quick_check") refuseUnusable(asked.file);
  const database = openReadOnly(asked.file);
  try {
    const find = asked.kind === "check" ? findDamage : findDamagedPages;
    return guarded(asked.file, () => find(database, asked.file));
  } finally {
    database.close();
  }
}
