/**
 * One server per data directory: a lock of the operating system that ends with its process, however
 * that ends. SQLite holds it (`BEGIN EXCLUSIVE` on an empty file), so no native lock package is
 * needed. Three files: the lock; `.guard`, held for the moments in which the lock changes hands;
 * `.json`, which names the holder for people. Nothing else may open the first two: closing any
 * descriptor of a file drops the process's locks on it (POSIX).
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { requireOwnFile } from "../../../config/own-directory.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { createPrivateFile, fileFault } from "./private-file.ts";
import { guarded } from "./storage-fault.ts";

export interface LockOptions {
  /** Who asks: shown to those who come second. */
  readonly pid: number;
  /**
   * Takes the lock from a holder that does not answer (a stopped process keeps its lock). The
   * caller has made sure of that. The old holder keeps only a file without a name, and the store's
   * epoch refuses whatever it writes later.
   */
  readonly takeover?: boolean;
}

export interface Lock {
  /**
   * The process that it was taken over from, where that one left its name; null: nobody held it.
   */
  readonly takenFrom: number | null;
  /** Whether the lock is still ours: false after another server took it over. */
  held(): boolean;
  /** Gives the lock back. May be called twice. */
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
    const takenFrom = readHolder(file)?.pid ?? null;
    return hold(replace(file, seen), file, { pid, takenFrom });
  } finally {
    guard.close();
  }
}

/**
 * Everybody who takes or replaces the lock passes here, one at a time: so a file that was just
 * replaced is never locked.
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
      // No journal file: nothing is ever written.
      connection.pragma("journal_mode = MEMORY");
      // Not with `locking_mode = EXCLUSIVE`: there whoever waits keeps its shared lock, and two
      // that wait, wait for each other.
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
 * Puts a new, locked file into the name's place. The old holder's lock stays on the old file, which
 * nobody can find any more.
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
    throw fileFault(thrown, file);
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
    // It only names the holder to people; the lock holds without it.
  }
}

/** Who holds the lock, where its note is readable and belongs to this very file. */
function readHolder(file: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(holderFile(file), "utf8")) as Holder;
    return Number.isInteger(holder.pid) && holder.inode === inodeOf(file) ? holder : null;
  } catch {
    // No note, or half of one: then the holder stays nameless.
    return null;
  }
}

function holderFile(file: string): string {
  return `${file}.json`;
}

function inodeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? null;
}
