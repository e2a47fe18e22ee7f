/**
 * Opens the store on a SQLite file. Opens it again when the disk was full at the start or the log
 * was removed. lock.ts decides whether this process may open it.
 */
import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import { draftOf, writeBackupOf } from "./file/backup.ts";
import { connect, newestEpoch, takeEpoch } from "./file/connect.ts";
import type { Connection, Nouns } from "./file/connect.ts";
import { isLarge, openDatabaseFile, openForReading } from "./file/database-file.ts";
import { databaseLost } from "./file/database-place.ts";
import { removeFile } from "./file/private-file.ts";
import { createMaintenance } from "./file/run-maintenance.ts";
import { guarded } from "./file/storage-error.ts";
import type { Store } from "../store.ts";
import type { Change } from "./change.ts";

export interface OpenOptions {
  /** The database's file. A missing file is created with mode 0600; its directory must exist. */
  readonly path: string;
  /**
   * Called once when another server has opened the database. From then on every write of this store
   * is refused.
   */
  readonly onStale?: (error: WorkerError) => void;
  /**
   * Whether a full disk opens the store for reading. The first write that finds room opens it for
   * writing.
   */
  readonly readingWhenFull?: boolean;
  /** Of the days of budgets, e.g. `Europe/Berlin`. Default: that of the system. */
  readonly timeZone?: string | null;
}

/**
 * How the database is open: for writing, or for reading until there is room. `alone`: no other
 * connection may open it, and writing needs a new connection.
 */
type State = { readonly connection: Connection; readonly full: WorkerError | null; readonly alone: boolean };

/**
 * Opens the database and takes a new epoch, which makes every older server stale.
 * @throws WorkerError `storage_unusable`, `storage_full`: what is wrong with the file and what to
 * do.
 */
export function openStore({ path: file, onStale = () => {}, readingWhenFull = false, timeZone = null }: OpenOptions): Store {
  const listeners = new Set<(change: Change) => void>();
  let state = open();
  let closed = false;
  const maintenance = createMaintenance();
  let damage: readonly string[] = [];
  if (isLarge(file)) {
    void maintenance.run({ kind: "quick_check", file }).then(
      (problems) => (damage = problems),
      () => {
        // The check itself could not run (the store was closed, no memory for a process): no damage
        // is known.
      },
    );
  }

  function open(): State {
    let database: Database.Database;
    try {
      database = openDatabaseFile(file);
    } catch (thrown) {
      return { ...reading(thrown, () => openForReading(file)), alone: true };
    }
    return take(database);
  }

  /** Takes an epoch on a connection. Without room for it the connection is for reading. */
  function take(database: Database.Database): State {
    try {
      return guarded(file, () => ({ connection: connected(database, takeEpoch(database)), full: null, alone: false }));
    } catch (thrown) {
      if (!isFull(thrown)) database.close();
      return { ...reading(thrown, () => database), alone: false };
    }
  }

  function reading(thrown: unknown, opened: () => Database.Database): Pick<State, "connection" | "full"> {
    if (!isFull(thrown) || !existsSync(file)) throw thrown;
    const database = opened();
    if (readingWhenFull) return { connection: connected(database, newestEpoch(database)), full: thrown };
    database.close();
    throw thrown;
  }

  function connected(database: Database.Database, epoch: number): Connection {
    return connect(database, { file, epoch, listeners, onStale, timeZone });
  }

  /**
   * Opens the database for writing after it was open for reading.
   * @throws WorkerError `storage_full` while there is no room.
   */
  function findRoom(): void {
    if (state.full === null || closed) return;
    const { database } = state.connection;
    if (state.alone) {
      database.close();
      state = open();
    } else state = take(database);
    if (state.full !== null) throw state.full;
  }

  /** Saves a log that was removed, and begins a new one. */
  function renewLog(): void {
    if (closed || state.full !== null || state.connection.look() !== "log") return;
    const { commit, emptyLog, database, nouns } = state.connection;
    emptyLog();
    commit.stop();
    database.close();
    state = { ...state, connection: connected(openDatabaseFile(file), nouns.epoch) };
  }

  function beforeWriting(): void {
    findRoom();
    renewLog();
  }

  function placeProblems(): string[] {
    return closed || state.connection.look() !== "database" ? [] : [databaseLost(file).message];
  }

  const store = {
    write: async <T>(work: () => T): Promise<T> => {
      beforeWriting();
      return await state.connection.commit.write(work);
    },
    read: <T>(work: () => T): T => state.connection.commit.read(work),
    onCommit: (listener: (change: Change) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isWritable: () => state.full === null,
    problems: () => {
      const lost = placeProblems();
      const full = state.full === null ? [] : [state.full.message];
      return [...lost, ...full, ...state.connection.commit.problems().filter((problem) => !lost.includes(problem)), ...damage];
    },
    inspect: () => {
      renewLog();
      return placeProblems();
    },
    probe: async () => {
      beforeWriting();
      await state.connection.probe();
    },
    backup: async (target: string) => {
      if (placeProblems().length > 0) return backupOpen(target);
      const draft = draftOf(target);
      try {
        await maintenance.run({ kind: "backup", file, draft, target });
      } finally {
        removeFile(draft);
      }
    },
    check: () => maintenance.run({ kind: "check", file }),
    close: async () => {
      closed = true;
      state.connection.commit.stop();
      await maintenance.stop();
      close(state.connection);
    },
  };
  // The nouns belong to the connection, which may change before the next call.
  for (const name of Object.keys(state.connection.nouns) as (keyof Nouns)[]) {
    Object.defineProperty(store, name, { enumerable: true, get: () => state.connection.nouns[name] });
  }
  return store as typeof store & Nouns;

  /** Backs up a database whose file was removed: only this connection still has it. */
  function backupOpen(target: string): void {
    const draft = draftOf(target);
    try {
      writeBackupOf(state.connection.database, { draft, target });
    } finally {
      removeFile(draft);
    }
  }
}

function isFull(thrown: unknown): thrown is WorkerError {
  return thrown instanceof WorkerError && thrown.code === "storage_full";
}

function close({ database, look }: Connection): void {
  // Closing would remove the log by its name, which may belong to another database now. The end of
  // the process also closes the connection.
  if (!database.open || look() === "database") return;
  try {
    database.pragma("wal_checkpoint(TRUNCATE)");
  } catch {
    // The disk is full, or another server has the database: the next start reads the rest of the
    // log.
  }
  database.close();
}
