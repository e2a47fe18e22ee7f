/**
 * Commits many writes together: writes that wait in one turn of the event loop share a transaction,
 * and their promises resolve when the transaction is durable. Owns the transaction and the fence,
 * and uses only the epoch's table. See docs/decisions/0001.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import { failpoint } from "../../processes/failpoint.ts";
import { asWorkerError, storageError } from "./file/storage-error.ts";
import type { Change } from "./change.ts";

/** What the nouns need of the current write. */
export interface Writing {
  /**
   * @throws WorkerError `internal` outside `write`, where a change would be neither fenced nor
   * grouped.
   */
  readonly mustBeInside: () => void;
  /**
   * Notes that the current write changes this task.
   * @throws like `mustBeInside`.
   */
  readonly touch: (taskId: number) => void;
}

export interface GroupCommit extends Writing {
  readonly write: <T>(work: () => T) => Promise<T>;
  /** Runs synchronous reads in one transaction, or in the one that is open. */
  readonly read: <T>(work: () => T) => T;
  readonly problems: () => readonly string[];
  /** Commits the waiting writes and refuses later ones. May be called twice. */
  readonly stop: () => void;
}

export interface GroupCommitOptions {
  /** The database's file, for messages. */
  readonly file: string;
  readonly epoch: number;
  /** Checks a finished work before its commit. When it throws, the work is undone. */
  readonly settle: (taskIds: ReadonlySet<number>) => void;
  readonly lastEventId: () => number;
  /** Called after each commit. */
  readonly listeners: ReadonlySet<(change: Change) => void>;
  /**
   * Called before each group and after its commit.
   * @throws WorkerError when writes would be lost now.
   */
  readonly requirePlace: () => void;
  /** Called once, when another server has opened the database. */
  readonly onStale: (error: WorkerError) => void;
}

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

type Done = { readonly job: Job; readonly value: unknown } | { readonly job: Job; readonly error: Error };

/** How long one group may run work before it commits, so that it does not block the event loop. */
const groupMs = 25;

/** @param database a connection that no other code writes through. */
export function createGroupCommit(database: Database.Database, options: GroupCommitOptions): GroupCommit {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const beginReading = database.prepare("BEGIN");
  const commit = database.prepare("COMMIT");
  const savepoint = database.prepare("SAVEPOINT work");
  const release = database.prepare("RELEASE work");
  const undo = database.prepare("ROLLBACK TO work");
  const totalChanges = database.prepare<[], number>("SELECT total_changes()").pluck();
  const newestEpoch = database.prepare<[], number>("SELECT epoch FROM daemon_epoch").pluck();
  let queue: Job[] = [];
  let scheduled = false;
  let stopped = false;
  let stale: WorkerError | null = null;
  let problem: string | null = null;
  /** The tasks of the current work; null outside of a write. */
  let touched: Set<number> | null = null;

  function write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (stopped) return reject(new WorkerError("unavailable", "The server is shutting down. Try again when it is up."));
      if (stale !== null) return reject(stale);
      queue.push({ work, resolve, reject });
      schedule();
    });
  }

  function read<T>(work: () => T): T {
    if (database.inTransaction) return work();
    beginReading.run();
    try {
      return work();
    } finally {
      commit.run();
    }
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      runGroup();
      if (queue.length > 0) schedule();
    });
  }

  function runGroup(): void {
    if (queue.length === 0) return;
    const jobs = queue;
    queue = [];
    const done: Done[] = [];
    const taskIds = new Set<number>();
    let lastEventId = 0;
    let wrote = false;
    try {
      options.requirePlace();
      const changesBefore = totalChanges.get();
      begin.run();
      checkEpoch();
      const startedAt = performance.now();
      for (const job of jobs) {
        done.push(runJob(job, taskIds));
        if (performance.now() - startedAt > groupMs) break;
      }
      lastEventId = options.lastEventId();
      wrote = totalChanges.get() !== changesBefore;
      failpoint("store.commit.before");
      commit.run();
      failpoint("store.commit.after");
      // Before any promise resolves: a commit into a removed file is lost.
      options.requirePlace();
    } catch (thrown) {
      failGroup(jobs, thrown);
      return;
    }
    queue = [...jobs.slice(done.length), ...queue];
    // A group that only read does not show that the disk accepts writes.
    if (wrote) problem = null;
    for (const each of done) settle(each);
    announce({ taskIds, lastEventId });
  }

  /** Runs one work in its own savepoint. Throws only when the whole group is lost. */
  function runJob(job: Job, taskIds: Set<number>): Done {
    savepoint.run();
    touched = new Set();
    try {
      const value = job.work();
      if (value instanceof Promise)
        throw new WorkerError("internal", "The work of a write is asynchronous; it must be finished when it returns.");
      options.settle(touched);
      release.run();
      for (const id of touched) taskIds.add(id);
      return { job, value };
    } catch (thrown) {
      // SQLite itself rolls the transaction back when the disk fails, so there is nothing to undo.
      if (storageError(thrown, options.file) !== null || !database.inTransaction) throw thrown;
      undo.run();
      release.run();
      return { job, error: asWorkerError(thrown, options.file) };
    } finally {
      touched = null;
    }
  }

  function checkEpoch(): void {
    const newest = newestEpoch.get();
    if (newest === options.epoch) return;
    // To a client the server is away: the same request succeeds at the server that took over.
    stale = new WorkerError(
      "unavailable",
      `Another server took over this data directory (its epoch is ${newest}, ours ${options.epoch}). This server changes nothing any more. Let it end, and send the request again.`,
    );
    throw stale;
  }

  function failGroup(jobs: readonly Job[], thrown: unknown): void {
    if (database.inTransaction) database.exec("ROLLBACK");
    const error = asWorkerError(thrown, options.file);
    for (const job of jobs) job.reject(error);
    if (error !== stale) {
      problem = error.message;
      return;
    }
    for (const job of queue.splice(0)) job.reject(error);
    options.onStale(stale);
  }

  function announce(change: Change): void {
    for (const listener of options.listeners) {
      try {
        listener(change);
      } catch (thrown) {
        // An error of a listener must not reject the writes. It is thrown separately, after all
        // listeners have run.
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }

  function mustBeInside(): void {
    if (touched === null)
      throw new WorkerError("internal", "The store was changed outside `write`. Wrap the change in store.write(() => …).");
  }

  return {
    write,
    read,
    problems: () => (problem === null ? [] : [problem]),
    stop: () => {
      stopped = true;
      while (queue.length > 0) runGroup();
    },
    mustBeInside,
    touch: (taskId) => {
      mustBeInside();
      touched?.add(taskId);
    },
  };
}

function settle(done: Done): void {
  if ("error" in done) done.job.reject(done.error);
  else done.job.resolve(done.value as never);
}
