/**
 * Builds everything that the store offers on one connection: the nouns, the group commit, the
 * epoch.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../../domain/errors.ts";
import { createBrowserSessionStore } from "../browser-sessions.ts";
import { createMemoryPeakStore } from "../memory-peaks.ts";
import { createAccountStore } from "../accounts.ts";
import { createAgentTaskStore } from "../agent-tasks.ts";
import { createAttemptStore } from "../attempts.ts";
import { createBudgetStore } from "../budgets.ts";
import { createCheckpointStore } from "../checkpoints.ts";
import { createClockStore } from "../clock.ts";
import { databaseLost, databasePlace, logLost } from "./database-place.ts";
import { createDependencyStore } from "../dependencies.ts";
import { createEventStore } from "../events.ts";
import { createGroupStore } from "../groups.ts";
import { createGroupCommit } from "../group-commit.ts";
import type { GroupCommit } from "../group-commit.ts";
import { createAskStore } from "../asks.ts";
import { createForkStore } from "../forks.ts";
import { createApplyStore } from "../applies.ts";
import { createReviewCommentStore } from "../review-comments.ts";
import { createPullRequestWatchStore } from "../pull-request-watches.ts";
import { createRewindStore } from "../rewinds.ts";
import { LaneHeads } from "../lane-heads.ts";
import { createHoldStore } from "../holds.ts";
import { createIterationStore } from "../iterations.ts";
import { createMessageStore } from "../messages.ts";
import { createNotificationStore } from "../notifications.ts";
import { createOutbox } from "../outbox.ts";
import { createQuestionStore } from "../questions.ts";
import { createScheduleStore } from "../schedules.ts";
import { createRuleStore } from "../rules.ts";
import { createPromptStore } from "../prompts.ts";
import { createProbeStore } from "../probes.ts";
import { prepareReturning } from "../returning.ts";
import { guarded, guardedNoun } from "./storage-error.ts";
import type { Store } from "../../store.ts";
import type { Change } from "../change.ts";
import { createSubmissionStore } from "../submissions.ts";
import { createTaskCallerStore } from "../task-callers.ts";
import { createTaskStore } from "../tasks.ts";
import { createTemplateStore } from "../templates.ts";
import { createTokenStore } from "../tokens.ts";
import { createTrustStore } from "../trust.ts";
import { createAttachmentStore } from "../attachments.ts";
import { createTurnStore } from "../turns.ts";
import { createTrustedCommandStore } from "../trusted-commands.ts";
import { createTrustedRunStore } from "../trusted-runs.ts";
import { createUsageCounters } from "../usage-counters.ts";
import { createUsageStore } from "../usage.ts";
import { createWorkflowStore } from "../workflows.ts";
import { createWorkspaceStore } from "../workspaces.ts";
import { createVerificationStore } from "../verifications.ts";

export interface ConnectOptions {
  readonly file: string;
  readonly epoch: number;
  readonly listeners: ReadonlySet<(change: Change) => void>;
  readonly onStale: (error: WorkerError) => void;
  /** Of the days of budgets; null: that of the system. */
  readonly timeZone: string | null;
}

/** What belongs to the connection: the tables' nouns and the epoch. */
export type Nouns = Omit<
  Store,
  "write" | "read" | "onCommit" | "isWritable" | "problems" | "inspect" | "probe" | "backup" | "check" | "close"
>;

export interface Connection {
  readonly nouns: Nouns;
  readonly database: Database.Database;
  readonly commit: GroupCommit;
  /** Checks whether its files are still in their place; see DatabasePlace. */
  readonly look: () => "whole" | "log" | "database";
  /** Writes the log's content into the database's file. @throws WorkerError when it cannot. */
  readonly emptyLog: () => void;
  /** Writes a few bytes durably. */
  readonly probe: () => Promise<void>;
}

/** @param database open and migrated; what it has written so far is durable. */
export function connect(database: Database.Database, { file, epoch, listeners, onStale, timeZone }: ConnectOptions): Connection {
  const place = databasePlace(file);
  const emptyLog = (): void =>
    guarded(file, () => {
      const [row] = database.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
      if (row?.busy !== 0) throw logLost(file);
    });
  const selectNewestEvent = database.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'events'").pluck();
  const commit = createGroupCommit(database, {
    file,
    epoch,
    listeners,
    settle: (taskIds) => {
      dependencies.settle(taskIds);
      // A workflow that stops skips tasks, which others may depend on.
      for (let more = workflows.settle(taskIds); more.length > 0; more = workflows.settle(taskIds)) dependencies.settle(new Set(more));
      groups.settle(taskIds);
      budgets.settle(taskIds);
      requireAttempts(taskIds);
    },
    lastEventId: () => selectNewestEvent.get() ?? 0,
    onStale,
    requirePlace: () => {
      const found = place.look();
      if (found === "database") throw databaseLost(file);
      // This connection can still read the content of a removed log.
      if (found === "log") emptyLog();
    },
  });
  const heads = new LaneHeads();
  const outbox = createOutbox(database);
  const budgets = createBudgetStore(database, {
    writing: commit,
    outbox,
    append: (id, event) => void events.append(id, null, [event]),
    timeZone,
    heads,
  });
  const tasks = createTaskStore(database, commit, { budgets, heads });
  const events = createEventStore(database, commit, { outbox, countUsage: createUsageCounters(database) });
  const groups = createGroupStore(database, commit, { budgets, heads, timeZone });
  const requireAttempts = createAttemptRule(database);
  const dependencies = createDependencyStore(database, { writing: commit, tasks, events });
  const questions = createQuestionStore(database, commit);
  const workflows = createWorkflowStore(database, { writing: commit, tasks, events, questions });
  const probe = database.prepare("UPDATE daemon_epoch SET probed_at = probed_at + 1");
  return {
    database,
    commit,
    look: place.look,
    emptyLog,
    nouns: {
      tasks: guardedNoun(file, tasks),
      attempts: guardedNoun(file, createAttemptStore(database, { epoch, writing: commit, tasks, settleLocks: groups.settleLocks })),
      events: guardedNoun(file, events),
      holds: guardedNoun(file, createHoldStore(database, commit, outbox)),
      probes: guardedNoun(file, createProbeStore(database, commit)),
      accounts: guardedNoun(file, createAccountStore(database, commit)),
      memoryPeaks: guardedNoun(file, createMemoryPeakStore(database, commit)),
      clock: guardedNoun(file, createClockStore(database, commit)),
      trust: guardedNoun(file, createTrustStore(database, commit)),
      tokens: guardedNoun(file, createTokenStore(database, commit)),
      browserSessions: guardedNoun(file, createBrowserSessionStore(database, commit)),
      submissions: guardedNoun(file, createSubmissionStore(database, commit)),
      usage: guardedNoun(file, createUsageStore(database)),
      agentTasks: guardedNoun(file, createAgentTaskStore(database, commit)),
      callers: guardedNoun(file, createTaskCallerStore(database, commit)),
      attachments: guardedNoun(file, createAttachmentStore(database, commit)),
      notifications: guardedNoun(file, createNotificationStore(database, commit, outbox)),
      turns: guardedNoun(file, createTurnStore(database, commit)),
      asks: guardedNoun(file, createAskStore(database, commit)),
      dependencies: guardedNoun(file, dependencies.store),
      groups: guardedNoun(file, groups.store),
      prompts: guardedNoun(file, createPromptStore(database, commit)),
      budgets: guardedNoun(file, budgets.store),
      templates: guardedNoun(file, createTemplateStore(database, commit)),
      workflows: guardedNoun(file, workflows.store),
      forks: guardedNoun(file, createForkStore(database, commit)),
      applies: guardedNoun(file, createApplyStore(database, commit)),
      pullRequestWatches: guardedNoun(file, createPullRequestWatchStore(database, commit)),
      rewinds: guardedNoun(file, createRewindStore(database, commit)),
      reviewComments: guardedNoun(file, createReviewCommentStore(database, commit)),
      messages: guardedNoun(file, createMessageStore(database, commit)),
      questions: guardedNoun(file, questions),
      rules: guardedNoun(file, createRuleStore(database, commit)),
      schedules: guardedNoun(file, createScheduleStore(database, commit, outbox)),
      workspaces: guardedNoun(file, createWorkspaceStore(database, commit)),
      checkpoints: guardedNoun(file, createCheckpointStore(database, commit)),
      iterations: guardedNoun(file, createIterationStore(database, commit)),
      verifications: guardedNoun(file, createVerificationStore(database, commit)),
      trustedRuns: guardedNoun(file, createTrustedRunStore(database, commit)),
      trustedCommands: guardedNoun(file, createTrustedCommandStore(database, commit)),
      epoch,
    },
    probe: () => commit.write(() => void probe.run()),
  };
}

/**
 * Takes a new epoch for this opening. It is durable when the function returns.
 * @throws SqliteError when it cannot be stored.
 */
export function takeEpoch(database: Database.Database): number {
  const row = prepareReturning(database, "UPDATE daemon_epoch SET epoch = epoch + 1 RETURNING epoch")();
  if (row === undefined) throw new WorkerError("storage_unusable", "The database has lost its epoch. Restore a backup.");
  return (row as { epoch: number }).epoch;
}

/** The newest epoch that was taken. */
export function newestEpoch(database: Database.Database): number {
  return database.prepare<[], number>("SELECT epoch FROM daemon_epoch").pluck().get() ?? 0;
}

/**
 * Checks that a task has an open attempt exactly while its row names one, so that no write leaves
 * the two tables in disagreement.
 */
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
