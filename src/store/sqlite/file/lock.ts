/**
 * Allows one server per data directory, with a lock of the operating system that is released
 * whenever its process ends. SQLite holds it (`BEGIN EXCLUSIVE` on an empty file), so a native lock
 * package is not needed. There are three files: the lock; `.guard`, held while the lock is taken or
 * replaced; `.json`, which names the holder for people. No other code may open the first two:
 * closing any descriptor of a file drops the process's locks on it (POSIX).
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { requireOwnFile } from "../../../config/own-directory.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { createPrivateFile, fileError } from "./private-file.ts";
import { guarded } from "./storage-error.ts";

export interface LockOptions {
  /** The asking process. A later process that finds the lock held shows this pid. */
  readonly pid: number;
  /**
   * Takes the lock from a holder that does not answer (a stopped process keeps its lock). The
   * caller has checked that. The old holder keeps only a file without a name, and the store's epoch
   * refuses its later writes.
   */
  readonly takeover?: boolean;
}

export interface Lock {
  /** The pid of the old holder after a takeover, if known; null: no process held the lock. */
  readonly takenFrom: number | null;
  /** Whether this process still holds the lock; false after a takeover by another server. */
  held(): boolean;
  /** Releases the lock. May be called twice. */
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly inode: number;
}

/** How long to wait while another process takes or replaces the lock, which takes milliseconds. */
const guardTimeoutMs = 10_000;

/**
 * Takes the lock at `file`.
 * @throws WorkerError `server_running` naming the holder; `storage_unusable`, `storage_full` when
 * the directory does not work
 */
export function takeLock(file: string, { pid, takeover = false }: LockOptions): Lock {
  const seen = inodeOf(file);
  const guard = takeGuard(`${file}.guard`);
  try {
    const free = tryLock(file, 0);
    if (free !== null) return hold(free, file, { pid, takenFrom: null });
    if (!takeover) throw serverRunning(file);
    const takenFrom = holderOf(file);
    return hold(replace(file, seen), file, { pid, takenFrom });
  } finally {
    guard.close();
  }
}

/**
 * Takes the guard, which admits one process at a time to take or replace the lock. So no process
 * locks a file that was just replaced.
 */
function takeGuard(file: string): Database.Database {
  const guard = tryLock(file, guardTimeoutMs);
  if (guard !== null) return guard;
  throw new WorkerError(
    "server_running",
    `Another server is starting on this data directory and does not get on (it holds ${file}). Try again, or end that process.`,
  );
}

/** A connection that holds the file, or null when another process does. */
function tryLock(file: string, timeoutMs: number): Database.Database | null {
  requireOwnFile(file);
  createPrivateFile(file);
  return guarded(file, () => {
    const connection = new Database(file, { fileMustExist: true, timeout: timeoutMs });
    try {
      // No journal file is needed, because the file is never written.
      connection.pragma("journal_mode = MEMORY");
      // Without `locking_mode = EXCLUSIVE`: a waiting process would keep its shared lock, so two
      // waiting processes would block each other.
      connection.exec("BEGIN EXCLUSIVE");
      return connection;
    } catch (thrown) {
      connection.close();
      if (thrown instanceof Database.SqliteError && thrown.code.startsWith("SQLITE_BUSY")) return null;
      throw thrown;
    }
  });
}

/**
 * Replaces the file by a new, locked one. The old holder's lock stays on the old file, which has no
 * name any more.
 */
function replace(file: string, seen: number | null): Database.Database {
  if (inodeOf(file) !== seen) throw serverRunning(file);
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  const connection = tryLock(fresh, 0);
  if (connection === null) throw serverRunning(file);
  try {
    renameSync(fresh, file);
    return connection;
  } catch (thrown) {
    connection.close();
    throw fileError(thrown, file);
  }
}

function hold(connection: Database.Database, file: string, { pid, takenFrom }: { pid: number; takenFrom: number | null }): Lock {
  const inode = inodeOf(file);
  const held = (): boolean => connection.open && inodeOf(file) === inode;
  const holder = { pid, inode };
  writeHolder(file, holder);
  return {
    takenFrom,
    held,
    release: () => {
      if (!connection.open) return;
      if (held()) rmSync(holderFile(file), { force: true });
      connection.close();
    },
  };
}

function serverRunning(file: string): WorkerError {
  const holder = readHolder(file);
  const who = holder === null ? "Another server" : `Another server (process ${holder.pid})`;
  return new WorkerError(
    "server_running",
    `${who} runs on this data directory and holds ${file}. Use that one, or end it first: claude-worker server stop (if it hangs: claude-worker server restart --takeover).`,
  );
}

function writeHolder(file: string, holder: { pid: number; inode: number | null }): void {
  try {
    writeFileSync(holderFile(file), `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  } catch {
    // The note only names the holder for people; the lock works without it.
  }
}

/** The pid of the process that holds the lock, as far as its note says; null: not known. */
export function holderOf(file: string): number | null {
  return readHolder(file)?.pid ?? null;
}

/** The lock's holder, where its note is readable and belongs to this lock file. */
function readHolder(file: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(holderFile(file), "utf8")) as Holder;
    return Number.isInteger(holder.pid) && holder.inode === inodeOf(file) ? holder : null;
  } catch {
    // The note is missing or incomplete: the holder is not known.
    return null;
  }
}

function holderFile(file: string): string {
  return `${file}.json`;
}

function inodeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? null;
}
