/**
 * Starts the process that replaces the database by a backup: `restore.js FILE`. Prints one line of
 * JSON.
 */
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { pathsFrom } from "../config/paths.ts";
import { WorkerError, messageOf } from "../domain/errors.ts";
import { markersInUse } from "../processes/process-table.ts";
import { markerName } from "../processes/sweep.ts";
import { restoreBackup } from "../store/sqlite/file/restore.ts";
import { runnerIdPrefix } from "../supervisor/spawn-runner.ts";
import { prepareDataDirectory } from "./data-directory.ts";
import { takeServerLocks } from "./server-locks.ts";

/** A parked runner sees by itself that its server is gone, and needs a moment for that. */
const parkedMs = 5000;

process.umask(0o077);
try {
  console.log(JSON.stringify(await restore(process.argv[2] ?? "")));
} catch (error) {
  console.log(JSON.stringify({ error: { code: error instanceof WorkerError ? error.code : "internal", message: messageOf(error) } }));
  process.exitCode = 1;
}

/** Restores under the server's lock, so that no other process has the database open. */
async function restore(backup: string): Promise<{ database: string; previous: string | null }> {
  const paths = pathsFrom(process.env);
  prepareDataDirectory(paths);
  const lock = takeServerLocks(paths, { pid: process.pid });
  try {
    const options = { runners: await runnersAtWork(runnerIdPrefix(paths.home)), lastTask: lastTaskWithLogs(paths.logs) };
    return { database: paths.database, ...restoreBackup(backup, paths.database, options) };
  } finally {
    lock.release();
  }
}

/** The runners of this data directory that do not end by themselves. */
async function runnersAtWork(prefix: string): Promise<string[]> {
  for (const end = performance.now() + parkedMs; ; await delay(50)) {
    const runners = [...(await markersInUse(markerName))].filter((id) => id.startsWith(prefix));
    if (runners.length === 0 || performance.now() > end) return runners;
  }
}

function lastTaskWithLogs(directory: string): number {
  const numbers = readdirSync(directory).map((name) => Number(/^task_(\d+)_/.exec(name)?.[1] ?? 0));
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}
