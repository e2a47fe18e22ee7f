/** Makes the API's view of the server. */
import type { ServerView } from "../contract/views/server.ts";
import { listBudgets } from "../operations/budgets/manage-budgets.ts";
import { listHolds } from "../operations/holds/hold-queue.ts";
import { accountOf } from "../operations/server/show-account.ts";
import { profileViews } from "../operations/server/show-profiles.ts";
import type { ProfileLook } from "../operations/server/show-profiles.ts";
import { scheduleStates } from "../operations/schedules/schedule-states.ts";
import type { ProfileAccounts } from "../domain/order/held.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import { rfc3339 } from "../operations/tasks/times.ts";
import type { ServerBase } from "./server-context.ts";
import { version } from "./version.ts";

export interface ServerViewOptions {
  readonly base: Pick<ServerBase, "store"> & { readonly context: Pick<ServerBase["context"], "settings" | "paths"> };
  /** UTC ms. */
  readonly startedAt: number;
  now(): number;
  readonly accounts: ProfileAccounts;
  readonly profiles: ProfileLook;
  url(): string | null;
  /** How many runners wait with Claude Code started. */
  parked(): number;
  /** Sentences about degraded parts, without those of the store. */
  problems(): readonly string[];
  isStopping(): boolean;
}

export function serverView({
  base,
  startedAt,
  now,
  accounts,
  profiles,
  url,
  parked,
  problems,
  isStopping,
}: ServerViewOptions): Omit<ServerView, "resources"> {
  const { store } = base;
  const { settings, paths } = base.context;
  const found = [...new Set([...store.problems(), ...problems()])];
  // A disk that was full is tried again when a caller asks. A submit always tries it.
  if (found.length > 0) store.probe().catch(() => {});
  const counts = store.tasks.counts();
  const holds = listHolds(store, accounts, now());
  const { account } = accounts;
  const paysPerUse = profiles.paysPerUse(defaultProfile) === true;
  return {
    status: isStopping() ? "stopping" : found.length > 0 ? "degraded" : "healthy",
    service: "claude-worker",
    version,
    pid: process.pid,
    url: url(),
    socket: paths.serverSocket,
    home: paths.home,
    database: paths.database,
    log_file: paths.serverLog,
    started_at: rfc3339(startedAt),
    epoch: store.epoch,
    workers: { limit: settings.workers, running: counts.running, parked: parked(), warm: settings.warm },
    counts,
    holds,
    budgets: listBudgets(store, now()),
    schedules: scheduleStates(store),
    account: accountOf(store, { settings, paysPerUse }, account(defaultProfile) ?? "", Date.now()),
    profiles: profileViews(store, { settings, look: profiles, account, holds }, Date.now()),
    problems: found,
  };
}
