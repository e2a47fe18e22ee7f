/**
 * Takes all locks of a server: that of its data directory, and those of a database or logs that
 * lie elsewhere. So no two servers use one database or write to the same logs, whichever variables
 * lead them there.
 */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Paths } from "../config/paths.ts";
import { WorkerError } from "../domain/errors.ts";
import { holderOf, takeLock } from "../store/sqlite/file/lock.ts";
import type { Lock, LockOptions } from "../store/sqlite/file/lock.ts";

interface Place {
  readonly lockFile: string;
  /** The database or the logs. */
  readonly place: string;
  /** What names another place. */
  readonly variable: string;
}

/**
 * The lock of the data directory, with which the others are released.
 * @throws WorkerError server_running; storage_unusable when another server has the database or the
 * logs.
 */
export function takeServerLocks(paths: Paths, options: LockOptions): Lock {
  const lock = takeLock(paths.serverLock, options);
  const others: Lock[] = [];
  const release = (): void => {
    for (const each of [...others, lock]) each.release();
  };
  try {
    for (const place of placesElsewhere(paths)) others.push(takeOther(place, { pid: options.pid, takenFrom: lock.takenFrom }));
  } catch (error) {
    release();
    throw error;
  }
  return { takenFrom: lock.takenFrom, held: () => lock.held(), release };
}

/** The lock of a default place is that of its data directory, also when that is another one. */
function placesElsewhere({ home, database, logs, serverLock }: Paths): Place[] {
  const lockName = basename(serverLock);
  const [realHome, realDatabase, realLogs] = [home, database, logs].map(realPlace) as [string, string, string];
  const isUsual = basename(realDatabase) === "tasks.db";
  const ofDatabase = { place: database, variable: "CLAUDE_WORKER_DB" };
  const ofLogs = { place: logs, variable: "CLAUDE_WORKER_LOG_DIR" };
  const files = [{ ...ofDatabase, lockFile: isUsual ? join(dirname(realDatabase), lockName) : `${realDatabase}.lock` }];
  if (realLogs !== join(realHome, "logs")) {
    const above = join(dirname(realLogs), lockName);
    files.push({ ...ofLogs, lockFile: join(realLogs, lockName) });
    if (basename(realLogs) === "logs" && existsSync(above)) files.push({ ...ofLogs, lockFile: above });
  }
  const own = join(realHome, lockName);
  return files.filter(({ lockFile }, at) => lockFile !== own && files.findIndex((each) => each.lockFile === lockFile) === at);
}

/** @param takenFrom the old holder of the data directory, which may hold this place, too. */
function takeOther(
  { lockFile, place, variable }: Place,
  { pid, takenFrom }: { readonly pid: number; readonly takenFrom: number | null },
): Lock {
  try {
    return takeLock(lockFile, { pid, takeover: takenFrom !== null && holderOf(lockFile) === takenFrom });
  } catch (error) {
    if (!(error instanceof WorkerError) || error.code !== "server_running") throw error;
    const holder = holderOf(lockFile);
    const who = holder === null ? "Another server" : `Another server (process ${holder})`;
    throw new WorkerError(
      "storage_unusable",
      `${who} uses ${place} and holds ${lockFile}. Each server needs its own: name another place (${variable}), or end that server.`,
    );
  }
}

/** A file that does not exist yet has the real path of its directory. */
function realPlace(place: string): string {
  if (existsSync(place)) return realpathSync.native(place);
  return join(realpathSync.native(dirname(place)), basename(place));
}
