/** Deletes the logs of removed tasks: together with their task, or later when that failed. */
import { rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { rawLogPath, summaryLogPath } from "../../config/paths.ts";
import type { Paths } from "../../config/paths.ts";
import type { Store } from "../../store/store.ts";

/** How many names are checked before other work gets its turn. */
const batchSize = 1000;

/**
 * Deletes a removed task's logs.
 * @returns a sentence for each log that is left.
 */
export function removeLogs(paths: Paths, id: number): string[] {
  return [rawLogPath(paths, id), summaryLogPath(paths, id)].flatMap(removeLog);
}

/** Deletes a log. Removes a link itself, and never follows it. */
function removeLog(file: string): string[] {
  try {
    rmSync(file, { force: true });
    return [];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return [`${file} cannot be deleted (${code}). Make its directory writable; the server's next start deletes it.`];
  }
}

export interface StrayLogs {
  readonly removed: number;
  /** A sentence for each log that is left. */
  readonly problems: readonly string[];
}

/**
 * Deletes logs of tasks that no longer exist: they could not be deleted with the task, or the
 * server was killed in between. The folder may hold logs of another database (an older one that was
 * moved), so only task numbers that this database has used are checked.
 */
export async function removeStrayLogs(store: Store, paths: Paths): Promise<StrayLogs> {
  const newest = store.tasks.list({ limit: 1 })[0]?.id ?? 0;
  const names = await readdir(paths.logs);
  const problems: string[] = [];
  let removed = 0;
  for (const [index, name] of names.entries()) {
    if (index % batchSize === batchSize - 1) await nextTurn();
    const id = taskOf(name);
    if (id === null || id > newest || store.tasks.exists(id)) continue;
    const left = removeLog(join(paths.logs, name));
    problems.push(...left);
    removed += 1 - left.length;
  }
  return { removed, problems };
}

/** The task that a log belongs to, by its exact name; null for other names. */
function taskOf(name: string): number | null {
  const [, id] = /^task_([1-9]\d{0,14})_(?:raw|summary)\.log$/.exec(name) ?? [];
  return id === undefined ? null : Number(id);
}
