/**
 * Stores facts about each account that tasks ran with: when it last worked, and what it reported
 * about its limits.
 */
import type Database from "better-sqlite3";
import type { AccountReport } from "../../domain/order/account-report.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface Account {
  readonly fingerprint: string;
  /** When a request of it last succeeded (UTC ms); null: not known. */
  readonly workedAt: number | null;
  /** When it last reported its limits (UTC ms); null: never. */
  readonly reportedAt: number | null;
  readonly report: AccountReport | null;
  /** A person has consented to paid overage until then (UTC ms); null: never. */
  readonly overageUntil: number | null;
  /** When its limits were last asked for (UTC ms); null: never. */
  readonly lookedAt: number | null;
  /** Why that gave no figures, as a sentence; null: it gave some. */
  readonly lookProblem: string | null;
  /** When a task last started although the reserve is reached (UTC ms); null: never. */
  readonly letThroughAt: number | null;
  /** A person has given the reserve up until then (UTC ms); null: never. */
  readonly reserveFreeUntil: number | null;
}

export interface AccountStore {
  get(fingerprint: string): Account | null;
  /** Inside `write`. A request of the account succeeded. */
  worked(fingerprint: string, now: number): void;
  /** Inside `write`. Keeps the newest report. */
  reported(fingerprint: string, report: AccountReport, now: number): void;
  /** Inside `write`. Its requests may be paid for until then. */
  consent(fingerprint: string, until: number): void;
  /** Inside `write`. Its limits were asked for. @param problem null: that gave figures. */
  looked(fingerprint: string, problem: string | null, now: number): void;
  /** Inside `write`. A task starts although the reserve is reached. */
  letThrough(fingerprint: string, now: number): void;
  /** Inside `write`. Its reserve may be used until then. */
  freeReserve(fingerprint: string, until: number): void;
}

const accountRow = defineRow<Account>({
  fingerprint: "plain",
  workedAt: "plain",
  reportedAt: "plain",
  report: "json",
  overageUntil: "plain",
  lookedAt: "plain",
  lookProblem: "plain",
  letThroughAt: "plain",
  reserveFreeUntil: "plain",
});

/** The account rows on one connection. */
export function createAccountStore(database: Database.Database, writing: Writing): AccountStore {
  const select = database.prepare(`SELECT ${accountRow.select} FROM accounts WHERE fingerprint = ?`);
  const upsertWorked = database.prepare(
    `INSERT INTO accounts (fingerprint, worked_at) VALUES (@fingerprint, @now)
     ON CONFLICT (fingerprint) DO UPDATE SET worked_at = excluded.worked_at`,
  );
  const upsertReport = database.prepare(
    `INSERT INTO accounts (fingerprint, reported_at, report) VALUES (@fingerprint, @now, @report)
     ON CONFLICT (fingerprint) DO UPDATE SET reported_at = excluded.reported_at, report = excluded.report`,
  );
  const upsertConsent = database.prepare(
    `INSERT INTO accounts (fingerprint, overage_until) VALUES (@fingerprint, @until)
     ON CONFLICT (fingerprint) DO UPDATE SET overage_until = excluded.overage_until`,
  );
  const upsertLook = database.prepare(
    `INSERT INTO accounts (fingerprint, looked_at, look_problem) VALUES (@fingerprint, @now, @problem)
     ON CONFLICT (fingerprint) DO UPDATE SET looked_at = excluded.looked_at, look_problem = excluded.look_problem`,
  );
  const updateLetThrough = database.prepare("UPDATE accounts SET let_through_at = @now WHERE fingerprint = @fingerprint");
  const updateFree = database.prepare("UPDATE accounts SET reserve_free_until = @until WHERE fingerprint = @fingerprint");
  return {
    get: (fingerprint) => {
      const row = select.get(fingerprint);
      return row === undefined ? null : accountRow.decode(row);
    },
    worked: (fingerprint, now) => {
      writing.mustBeInside();
      upsertWorked.run({ fingerprint, now });
    },
    reported: (fingerprint, report, now) => {
      writing.mustBeInside();
      upsertReport.run({ fingerprint, now, report: accountRow.encode("report", report) });
    },
    consent: (fingerprint, until) => {
      writing.mustBeInside();
      upsertConsent.run({ fingerprint, until });
    },
    looked: (fingerprint, problem, now) => {
      writing.mustBeInside();
      upsertLook.run({ fingerprint, problem, now });
    },
    letThrough: (fingerprint, now) => {
      writing.mustBeInside();
      updateLetThrough.run({ fingerprint, now });
    },
    freeReserve: (fingerprint, until) => {
      writing.mustBeInside();
      updateFree.run({ fingerprint, until });
    },
  };
}
