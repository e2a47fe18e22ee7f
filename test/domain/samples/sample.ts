/** Reads what record.ts wrote, as the journal of an attempt would hold it. */
import { readFileSync, readdirSync } from "node:fs";
import type { NoteRecord, SdkRecord } from "../../../src/domain/events/record.ts";
import type { StopReason } from "../../../src/domain/attempt/stop-reason.ts";

export interface Sample {
  readonly messages: readonly SdkRecord[];
  /** What the Agent SDK threw after the last message, or null. */
  readonly thrown: string | null;
  /** The runner's closing record. */
  readonly ended: (stopRequested?: StopReason) => NoteRecord;
}

export const sampleNames = readdirSync(new URL(".", import.meta.url))
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

/** When every record of a sample was written. */
export const sampleTime = Date.UTC(2026, 0, 1);

export function sample(name: string): Sample {
  const file = JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8")) as {
    messages: { type: string }[];
    thrown: string | null;
  };
  const stamp = (n: number) => ({ _n: n, _attempt: 1, _at: new Date(sampleTime).toISOString() });
  return {
    messages: file.messages.map((message, index) => ({ ...message, ...stamp(index + 2) })),
    thrown: file.thrown,
    ended: (stopRequested) => ({
      type: "worker",
      subtype: "ended",
      thrown: file.thrown,
      stopRequested: stopRequested ?? null,
      ...stamp(file.messages.length + 2),
    }),
  };
}
