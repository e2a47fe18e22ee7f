/**
 * Brings a database to this version's schema, one numbered migration per transaction.
 * database-file.ts checks whose database it is.
 */
import type Database from "better-sqlite3";
import { base } from "../migrations/0001-base.ts";
import { integrations } from "../migrations/0002-integrations.ts";
import { agents } from "../migrations/0003-agents.ts";
import { attention } from "../migrations/0004-attention.ts";
import { refusals } from "../migrations/0005-refusals.ts";
import { callers } from "../migrations/0006-callers.ts";
import { runningCost } from "../migrations/0007-running-cost.ts";
import { sessionModel } from "../migrations/0008-session-model.ts";
import { bootClock } from "../migrations/0009-boot-clock.ts";
import { brokenSettings } from "../migrations/0010-broken-settings.ts";
import { backgroundGrace } from "../migrations/0011-background-grace.ts";
import { setbacks } from "../migrations/0012-setbacks.ts";
import { turns } from "../migrations/0013-turns.ts";
import { taskOptions } from "../migrations/0014-task-options.ts";
import { attachments } from "../migrations/0015-attachments.ts";
import { questions } from "../migrations/0016-questions.ts";
import { notifications } from "../migrations/0017-notifications.ts";
import { messages } from "../migrations/0018-messages.ts";
import { forks } from "../migrations/0019-forks.ts";
import { channelAnswers } from "../migrations/0020-channel-answers.ts";
import { structuredResults } from "../migrations/0021-structured-results.ts";
import { forksAtATurn } from "../migrations/0022-forks-at-a-turn.ts";
import { consent } from "../migrations/0023-consent.ts";
import { passedMessages } from "../migrations/0024-passed-messages.ts";
import { rewinds } from "../migrations/0025-rewinds.ts";
import { wholeAsks } from "../migrations/0026-whole-asks.ts";
import { voidAnswers } from "../migrations/0027-void-answers.ts";
import { deliveryRests } from "../migrations/0028-delivery-rests.ts";
import { workspaces } from "../migrations/0029-workspaces.ts";
import { verifications } from "../migrations/0030-verifications.ts";
import { worktrees } from "../migrations/0031-worktrees.ts";
import { putBack } from "../migrations/0032-put-back.ts";
import { verifyBaselines } from "../migrations/0033-verify-baselines.ts";
import { trash } from "../migrations/0034-trash.ts";
import { messageNotes } from "../migrations/0035-message-notes.ts";
import { applies } from "../migrations/0036-applies.ts";
import { setup } from "../migrations/0037-setup.ts";
import { iterations } from "../migrations/0038-iterations.ts";
import { trustedRuns } from "../migrations/0039-trusted-runs.ts";
import { scores } from "../migrations/0040-scores.ts";
import { reviewComments } from "../migrations/0041-review-comments.ts";
import { dependencies } from "../migrations/0042-dependencies.ts";
import { groups } from "../migrations/0043-groups.ts";
import { pullRequestWatches } from "../migrations/0044-pull-request-watches.ts";
import { filledPrompts } from "../migrations/0045-filled-prompts.ts";
import { reserve } from "../migrations/0046-reserve.ts";
import { budgets } from "../migrations/0047-budgets.ts";
import { place } from "../migrations/0048-place.ts";
import { templates } from "../migrations/0049-templates.ts";
import { workflows } from "../migrations/0050-workflows.ts";
import { schedules } from "../migrations/0051-schedules.ts";
import { memoryPeaks } from "../migrations/0052-memory-peaks.ts";
import { groupDefaults } from "../migrations/0053-group-defaults.ts";
import { scheduledWorkflows } from "../migrations/0054-scheduled-workflows.ts";
import { sharedWorktrees } from "../migrations/0055-shared-worktrees.ts";
import { plainInserts } from "../migrations/0056-plain-inserts.ts";
import { profiles } from "../migrations/0057-profiles.ts";
import { profileUsage } from "../migrations/0058-profile-usage.ts";
import { batches } from "../migrations/0059-batches.ts";
import { browserSessions } from "../migrations/0060-browser-sessions.ts";

interface Migration {
  /** 1, 2, 3 …: the database's `user_version` after it. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** In order. Append only: a migration that was shipped never changes. */
export const migrations: readonly Migration[] = [
  base,
  integrations,
  agents,
  attention,
  refusals,
  callers,
  runningCost,
  sessionModel,
  bootClock,
  brokenSettings,
  backgroundGrace,
  setbacks,
  turns,
  taskOptions,
  attachments,
  questions,
  notifications,
  messages,
  forks,
  channelAnswers,
  structuredResults,
  forksAtATurn,
  consent,
  passedMessages,
  rewinds,
  wholeAsks,
  voidAnswers,
  deliveryRests,
  workspaces,
  verifications,
  worktrees,
  putBack,
  verifyBaselines,
  trash,
  messageNotes,
  applies,
  setup,
  iterations,
  trustedRuns,
  scores,
  reviewComments,
  dependencies,
  groups,
  pullRequestWatches,
  filledPrompts,
  reserve,
  budgets,
  place,
  templates,
  workflows,
  schedules,
  memoryPeaks,
  groupDefaults,
  scheduledWorkflows,
  sharedWorktrees,
  plainInserts,
  profiles,
  profileUsage,
  batches,
  browserSessions,
];

/** The `user_version` of a database that this version writes. */
export const schemaVersion: number = migrations.at(-1)?.number ?? 0;

/** Runs the missing migrations, each in one transaction. */
export function migrate(database: Database.Database): void {
  const from = database.pragma("user_version", { simple: true }) as number;
  const missing = migrations.filter((migration) => migration.number > from);
  if (missing.length === 0) return;
  // A migration may rebuild a table that others refer to; references are checked before its commit.
  database.pragma("foreign_keys = OFF");
  for (const migration of missing) run(database, migration);
  database.pragma("foreign_keys = ON");
}

function run(database: Database.Database, migration: Migration): void {
  const apply = database.transaction(() => {
    database.exec(migration.sql);
    const broken = database.pragma("foreign_key_check") as unknown[];
    if (broken.length > 0) throw new Error(`Migration ${migration.number} (${migration.name}) leaves ${broken.length} broken references.`);
    database.pragma(`user_version = ${migration.number}`);
  });
  apply.immediate();
}
