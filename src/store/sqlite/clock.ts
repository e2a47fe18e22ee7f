/** Stores the values of both clocks from the last reading by any server. */
import type Database from "better-sqlite3";
import type { ClockSeen } from "../../domain/order/clock-check.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface ClockStore {
  /** Null before the first reading. */
  seen(): ClockSeen | null;
  /** Inside `write`. */
  put(seen: ClockSeen): void;
}

const clockRow = defineRow<ClockSeen>({ bootId: "plain", up: "plain", at: "plain", shiftedMs: "plain", pauseMs: "plain" });

/** The clock row on one connection. */
export function createClockStore(database: Database.Database, writing: Writing): ClockStore {
  const select = database.prepare(`SELECT ${clockRow.select} FROM clock_seen`);
  const replace = database.prepare(
    "INSERT OR REPLACE INTO clock_seen (id, boot_id, up, at, shifted_ms, pause_ms) VALUES (1, @bootId, @up, @at, @shiftedMs, @pauseMs)",
  );
  return {
    seen: () => {
      const row = select.get();
      return row === undefined ? null : clockRow.decode(row);
    },
    put: (seen) => {
      writing.mustBeInside();
      replace.run({ ...seen });
    },
  };
}
