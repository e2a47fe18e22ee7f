/** Opens the store on a SQLite file: connection, epoch, group commit, nouns. Whether this process may open it is lock.ts's to say. */
import type Database from "better-sqlite3";
import { WorkerError } from "../domain/errors.ts";
import { createAccountStore } from "./accounts.ts";
import { createAgentTaskStore } from "./agent-tasks.ts";
import { createAttemptStore } from "./attempts.ts";
import { draftOf } from "./backup.ts";
import { isLarge, openDatabaseFile } from "./database-file.ts";
import { createEventStore } from "./events.ts";
import { createGroupCommit } from "./group-commit.ts";
import { createHoldStore } from "./holds.ts";
import { createProbeStore } from "./probes.ts";
import { removeFile } from "./private-file.ts";
import { createAside } from "./run-aside.ts";
import { guarded, guardedNoun } from "./storage-fault.ts";
import type { Store } from "./store.ts";
import { createSubmissionStore } from "./submissions.ts";
import { createTaskCallerStore } from "./task-callers.ts";
import { createTaskStore } from "./tasks.ts";
import { createTokenStore } from "./tokens.ts";
import { createTrustStore } from "./trust.ts";
import { createUsageStore } from "./usage.ts";

export interface OpenOptions {
  /** The database's file. It is created, with mode 0600, where there is none; its directory must exist. */
  readonly path: string;
  /** Called once when another server has opened the database: from then on every write here is refused. */
  readonly onStale?: (error: WorkerError) => void;
}

/**
 * Opens the database and takes a new epoch, which makes every older server stale.
 * @throws WorkerError `storage_unusable`, `storage_full`: what is wrong with the file and what to do.
 */
export function openStore({ path: file, onStale = () => {} }: OpenOptions): Store {
  const database = openDatabaseFile(file);
  try {
    return guarded(file, () => assemble(database, file, onStale));
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function assemble(database: Database.Database, file: string, onStale: (error: WorkerError) => void): Store {
  const epoch = takeEpoch(database);
  const selectNewestEvent = database.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'events'").pluck();
  const commit = createGroupCommit(database, {
    file,
    epoch,
    settle: createAttemptRule(database),
    lastEventId: () => selectNewestEvent.get() ?? 0,
    onStale,
  });
  const tasks = createTaskStore(database, commit);
  const probe = database.prepare("UPDATE daemon_epoch SET probed_at = probed_at + 1");
  const aside = createAside();
  let damage: readonly string[] = [];
  if (isLarge(file)) {
    void aside.run({ kind: "quick_check", file }).then(
      (faults) => (damage = faults),
      () => {
        // The check itself could not be made (the store was closed, no memory for a process): nothing is known to be wrong.
      },
    );
  }
  return {
    tasks: guardedNoun(file, tasks),
    attempts: guardedNoun(file, createAttemptStore(database, { epoch, writing: commit, tasks })),
    events: guardedNoun(file, createEventStore(database, commit)),
    holds: guardedNoun(file, createHoldStore(database, commit)),
    probes: guardedNoun(file, createProbeStore(database, commit)),
    accounts: guardedNoun(file, createAccountStore(database, commit)),
    trust: guardedNoun(file, createTrustStore(database, commit)),
    tokens: guardedNoun(file, createTokenStore(database, commit)),
    submissions: guardedNoun(file, createSubmissionStore(database, commit)),
    usage: guardedNoun(file, createUsageStore(database)),
    agentTasks: guardedNoun(file, createAgentTaskStore(database, commit)),
    callers: guardedNoun(file, createTaskCallerStore(database, commit)),
    epoch,
    write: commit.write,
    onCommit: commit.onCommit,
    problems: () => [...commit.problems(), ...damage],
    probe: () => commit.write(() => void probe.run()),
    backup: async (target) => {
      const draft = draftOf(target);
      try {
        await aside.run({ kind: "backup", file, draft, target });
      } finally {
        removeFile(draft);
      }
    },
    check: () => aside.run({ kind: "check", file }),
    close: async () => {
      commit.stop();
      await aside.stop();
      close(database);
    },
  };
}

/** A new number for this opening. It is durable before anything else is written under it. */
function takeEpoch(database: Database.Database): number {
  const epoch = database.prepare<[], number>("UPDATE daemon_epoch SET epoch = epoch + 1 RETURNING epoch").pluck().get();
  if (epoch === undefined) throw new WorkerError("storage_unusable", "The database has lost its epoch. Restore a backup.");
  return epoch;
}

/** A task has an open attempt exactly while it says so: no work may end half-way between the two tables. */
function createAttemptRule(database: Database.Database): (taskIds: ReadonlySet<number>) => void {
  const select = database.prepare<[number], { claimed: number | null; open: number | null }>(
    `SELECT open_attempt_id AS claimed,
       (SELECT id FROM attempts WHERE task_id = tasks.id AND attempts.ended_at IS NULL) AS open
     FROM tasks WHERE id = ?`,
  );
  return (taskIds) => {
    for (const id of taskIds) {
      const row = select.get(id);
      if (row === undefined || row.claimed === row.open) continue;
      throw new WorkerError(
        "internal",
        `The change would leave task ${id} with attempt ${String(row.claimed)} while ${String(row.open)} is open. Close the attempt and change the task's status in one write.`,
      );
    }
  };
}

function close(database: Database.Database): void {
  if (!database.open) return;
  try {
    database.pragma("wal_checkpoint(TRUNCATE)");
  } catch {
    // The disk is full, or another server has the database: what stays in the log is taken over at the next start.
  }
  database.close();
}
