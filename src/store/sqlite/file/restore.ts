/**
 * Replaces the database by a backup. The caller holds the server's lock, so no process has the
 * database open.
 */
import { closeSync, copyFileSync, existsSync, openSync, readSync, renameSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { WorkerError } from "../../../domain/errors.ts";
import { findDamage } from "./check.ts";
import { openReadOnly, refuseStranger, restoreDraftOf } from "./database-file.ts";
import { createPrivateFile, fileError, removeFile, syncPath } from "./private-file.ts";
import { guarded } from "./storage-error.ts";

/** The files of a SQLite database: the database, its log, and the log's index. */
const suffixes = ["", "-wal", "-shm"];

export interface Restored {
  /** Where the earlier database is kept; null when there was none. */
  readonly previous: string | null;
}

export interface RestoreOptions {
  /** Runners that are at work without a server. */
  readonly runners?: readonly string[];
  /** The highest number of a task that has logs. */
  readonly lastTask?: number;
}

/**
 * Checks `backup` and puts a copy of it in the place of `file`. Keeps the earlier database beside
 * it. Numbers continue after those of the earlier database, because logs, scripts and readers of
 * events still have them.
 * @throws WorkerError `storage_unusable` when the backup is damaged, foreign or newer, `conflict`
 * when a task runs that the backup does not know: then nothing was changed
 */
export function restoreBackup(backup: string, file: string, { runners = [], lastTask = 0 }: RestoreOptions = {}): Restored {
  refuseLive(backup);
  const draft = restoreDraftOf(file);
  try {
    removeFile(draft);
    createPrivateFile(draft);
    copyFileSync(backup, draft);
    refuseOther(draft, backup);
    const numbers = numbersOf(file);
    inDraft(draft, backup, (database) => {
      refuseUnsound(database, backup);
      refuseAbandoned(database, runners);
      endBrowserSessions(database);
      continueNumbers(database, new Map([...numbers, ["tasks", Math.max(numbers.get("tasks") ?? 0, lastTask)]]));
    });
    syncPath(draft);
    const previous = moveAside(file);
    renameSync(draft, file);
    syncPath(path.dirname(file));
    return { previous };
  } catch (thrown) {
    removeFile(draft);
    throw thrown instanceof WorkerError ? thrown : fileError(thrown, file);
  }
}

function refuseLive(backup: string): void {
  if (!existsSync(backup)) throw new WorkerError("not_found", `There is no backup ${backup}. Check its name.`);
  if (!existsSync(`${backup}-wal`)) return;
  throw new WorkerError(
    "storage_unusable",
    `${backup} is a database in use, not a backup: its newest changes are in ${backup}-wal. Make a backup of it with its own server (claude-worker db backup).`,
  );
}

/** Every database of SQLite begins with these characters. */
const sqliteHeader = "SQLite format 3\0";

function refuseOther(draft: string, backup: string): void {
  const descriptor = openSync(draft, "r");
  try {
    const begin = Buffer.alloc(sqliteHeader.length);
    readSync(descriptor, begin, 0, begin.length, 0);
    if (begin.toString("latin1") === sqliteHeader) return;
  } finally {
    closeSync(descriptor);
  }
  throw new WorkerError("storage_unusable", `${backup} is not a database. Name a file that \`claude-worker db backup\` made.`);
}

/** Does `work` with the copy, which is what will be used. Errors name the backup. */
function inDraft(draft: string, backup: string, work: (database: Database.Database) => void): void {
  guarded(backup, () => {
    const database = new Database(draft, { fileMustExist: true });
    try {
      work(database);
    } finally {
      database.close();
    }
  });
}

function refuseUnsound(database: Database.Database, backup: string): void {
  refuseStranger(database, backup);
  const [problem] = findDamage(database, backup);
  if (problem !== undefined)
    throw new WorkerError("storage_unusable", `The backup cannot be used: ${problem} Nothing was changed; use another one.`);
}

/** The next server ends runners that its database does not know. */
function refuseAbandoned(database: Database.Database, runners: readonly string[]): void {
  const known = new Set(database.prepare<[], string>("SELECT runner_id FROM attempts WHERE ended_at IS NULL").pluck().all());
  const unknown = runners.filter((id) => !known.has(id)).length;
  if (unknown === 0) return;
  const what =
    unknown === 1
      ? "1 task still runs without a server, and the backup does not have it"
      : `${unknown} tasks still run without a server, and the backup does not have them`;
  throw new WorkerError("conflict", `${what}. End this work first: claude-worker server start && claude-worker server stop --now`);
}

/** A session that was revoked since the backup must not come back, so all of them end. */
function endBrowserSessions(database: Database.Database): void {
  const exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'browser_sessions'").get() !== undefined;
  if (exists) database.prepare("UPDATE browser_sessions SET ended_at = ? WHERE ended_at IS NULL").run(Date.now());
}

/** The last number of each table; empty where the database is missing or cannot be read. */
function numbersOf(file: string): ReadonlyMap<string, number> {
  if (!existsSync(file)) return new Map();
  try {
    const database = openReadOnly(file);
    try {
      const rows = database.prepare<[], { name: string; seq: number }>("SELECT name, seq FROM sqlite_sequence").all();
      return new Map(rows.map(({ name, seq }) => [name, seq]));
    } finally {
      database.close();
    }
  } catch {
    // A damaged database is a reason to restore. The logs still tell the numbers of tasks.
    return new Map();
  }
}

function continueNumbers(database: Database.Database, numbers: ReadonlyMap<string, number>): void {
  const tables = new Set(database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all());
  const raise = database.prepare("UPDATE sqlite_sequence SET seq = @seq WHERE name = @name AND seq < @seq");
  const add = database.prepare(
    "INSERT INTO sqlite_sequence (name, seq) SELECT @name, @seq WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = @name)",
  );
  for (const [name, seq] of numbers) {
    if (!tables.has(name) || seq === 0) continue;
    raise.run({ name, seq });
    add.run({ name, seq });
  }
}

/**
 * Renames the files without opening them, because opening a damaged database could lose its log.
 * Renames the database first, then its log: a crash in between leaves a log without a database,
 * which the next start refuses with a sentence. In the other order a crash would silently lose what
 * is only in the log.
 */
function moveAside(file: string): string | null {
  // A log without its database is also moved, because SQLite would apply it to the restored
  // database.
  const parts = suffixes.filter((suffix) => existsSync(`${file}${suffix}`));
  if (parts.length === 0) return null;
  const previous = freeName(`${file}.replaced`);
  for (const suffix of parts) renameSync(`${file}${suffix}`, `${previous}${suffix}`);
  return previous;
}

function freeName(name: string): string {
  for (let number = 1; ; number++) {
    if (!suffixes.some((suffix) => existsSync(`${name}-${number}${suffix}`))) return `${name}-${number}`;
  }
}
