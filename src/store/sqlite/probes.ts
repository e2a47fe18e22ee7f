/** Stores planned probes. domain/order/probe.ts decides what a probe's answer means. */
import type Database from "better-sqlite3";
import type { Probe } from "../../domain/order/probe.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface ProbeStore {
  /** The earliest comes first. */
  list(): Probe[];
  /** Inside `write`. Adds a probe, unless an earlier one for the same refusal is planned. */
  ask(probe: Probe): void;
  /**
   * Inside `write`. Sets when the next probe is due and how many there were. Returns false when the
   * probe was removed meanwhile.
   */
  reschedule(refusal: string, at: number, tries: number): boolean;
  /** Inside `write`. */
  remove(refusal: string): boolean;
  /** Inside `write`. */
  removeAll(): number;
  /**
   * Inside `write`. Moves probes to an earlier time that are due after `now` + `longestMs`, because
   * the clock was set back. Returns how many.
   */
  shortenWaits(now: number, longestMs: number): number;
}

const probeRow = defineRow<Probe>({
  refusal: "plain",
  kind: "plain",
  scope: "plain",
  model: "plain",
  message: "plain",
  at: "plain",
  tries: "plain",
});

/** The probe rows on one connection. */
export function createProbeStore(database: Database.Database, writing: Writing): ProbeStore {
  const select = database.prepare(`SELECT ${probeRow.select} FROM probes ORDER BY at, refusal`);
  const upsert = database.prepare(
    `INSERT INTO probes (refusal, kind, scope, model, message, at, tries) VALUES (@refusal, @kind, @scope, @model, @message, @at, @tries)
     ON CONFLICT (refusal) DO UPDATE SET at = min(at, excluded.at)`,
  );
  const update = database.prepare("UPDATE probes SET at = @at, tries = @tries WHERE refusal = @refusal");
  const deleteOne = database.prepare("DELETE FROM probes WHERE refusal = ?");
  const deleteAll = database.prepare("DELETE FROM probes");
  const moveBack = database.prepare("UPDATE probes SET at = @now WHERE at > @now + @longestMs");
  const inside = <T>(work: () => T): T => {
    writing.mustBeInside();
    return work();
  };
  return {
    list: () => select.all().map((row) => probeRow.decode(row)),
    ask: (probe) => inside(() => void upsert.run({ ...probe })),
    reschedule: (refusal, at, tries) => inside(() => update.run({ refusal, at, tries }).changes > 0),
    remove: (refusal) => inside(() => deleteOne.run(refusal).changes > 0),
    removeAll: () => inside(() => deleteAll.run().changes),
    shortenWaits: (now, longestMs) => inside(() => moveBack.run({ now, longestMs }).changes),
  };
}
