/** Stores holds. The scheduler decides whether a hold concerns a task. */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import { isOver, outlasts } from "../../domain/order/hold.ts";
import type { Hold } from "../../domain/order/hold.ts";
import { mayMeet } from "../../domain/order/scope.ts";
import type { Writing } from "./group-commit.ts";
import type { Outbox } from "./outbox.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";
import type { HoldStore } from "../store.ts";

const holdRow = defineRow<Hold>({ kind: "plain", scope: "plain", message: "plain", until: "plain", since: "plain" });

export function createHoldStore(database: Database.Database, writing: Writing, outbox: Pick<Outbox, "ofHold">): HoldStore {
  const selectActive = database.prepare(`SELECT ${holdRow.select} FROM holds ORDER BY since, kind, scope`);
  const selectOne = database.prepare(`SELECT ${holdRow.select} FROM holds WHERE kind = ? AND scope = ?`);
  const upsert = prepareReturning(
    database,
    `INSERT INTO holds (kind, scope, message, until, since) VALUES (@kind, @scope, @message, @until, @now)
     ON CONFLICT (kind, scope) DO UPDATE SET message = excluded.message, until = excluded.until
     RETURNING ${holdRow.select}`,
  );
  const deleteOne = database.prepare("DELETE FROM holds WHERE kind = ? AND scope = ?");
  const moveBack = database.prepare("UPDATE holds SET until = until - (since - @now), since = @now WHERE since > @now");
  return {
    active: () => selectActive.all().map((row) => holdRow.decode(row)),
    put: (hold, now, { isQuiet = false } = {}) => {
      writing.mustBeInside();
      const { kind, scope, message, until } = hold;
      const before = selectOne.get(kind, scope);
      const earlier = before === undefined ? null : holdRow.decode(before);
      if (earlier !== null && outlasts(earlier, hold)) return earlier;
      const row = upsert({ kind, scope, message, until, now });
      if (row === undefined) throw new WorkerError("internal", `The hold ${kind} of ${scope} was not kept.`);
      const held = holdRow.decode(row);
      if (!isQuiet && (earlier === null || isOver(earlier, now))) outbox.ofHold("held", held, now);
      return held;
    },
    lift: (kind, scope, now = Date.now()) => {
      writing.mustBeInside();
      const row = selectOne.get(kind, scope);
      if (row === undefined) return false;
      deleteOne.run(kind, scope);
      const lifted = holdRow.decode(row);
      const left = selectActive.all().map((each) => holdRow.decode(each));
      if (!left.some((hold) => mayMeet(hold.scope, scope))) outbox.ofHold("resumed", lifted, now);
      return true;
    },
    shortenWaits: (now) => {
      writing.mustBeInside();
      return moveBack.run({ now }).changes;
    },
  };
}
