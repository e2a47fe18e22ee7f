/** Checks that the store has exactly the events that the journals give. */
import { existsSync, readFileSync } from "node:fs";
import { eventsFromRecord } from "../../src/domain/events/events-from-record.ts";
import type { JournalRecord } from "../../src/domain/events/record.ts";
import type { AttemptRow, EventRow, Findings } from "./snapshot.ts";

const ofTheServer = new Set(["submitted", "started", "resumed", "requeued", "parked", "cancel_requested", "retried", "ended"]);

/** Questions and messages have rows of their own, which the checks of the talk look at. */
const isOfServer = (type: string): boolean => ofTheServer.has(type) || /^(question|message)_/.test(type);

/** Every record of every attempt made its events, in order, once. */
export function checkJournal(file: string, attempts: readonly AttemptRow[], events: readonly EventRow[], found: Findings): void {
  const records = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1).flatMap(recordIn) : [];
  for (const { id } of attempts) {
    const own = records.filter((record) => record._attempt === id);
    own.forEach((record, index) => {
      if (record._n !== index + 1) found.broken.push(`${file}: record ${record._n} of attempt ${id} stands in place ${index + 1}`);
    });
    const expected = own.flatMap(eventsFromRecord).map(({ type, data }) => `${type} ${keyOf(data)}`);
    const stored = events
      .filter((event) => event.attempt_id === id && !isOfServer(event.type))
      .map((event) => ({ type: event.type, data: JSON.parse(event.data) as Record<string, unknown> }))
      .filter(({ data }) => data["by"] !== "server")
      .map(({ type, data }) => `${type} ${keyOf(data)}`);
    if (expected.join("\n") === stored.join("\n")) continue;
    const list = stored.length > expected.length ? found.duplicated : found.lost;
    list.push(`attempt ${id}: the journal has the events\n  ${expected.join("\n  ")}\nthe store has\n  ${stored.join("\n  ")}`);
  }
}

function recordIn(line: string): JournalRecord[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as JournalRecord];
  } catch {
    return []; // A torn line: its record was never told to anyone.
  }
}

function keyOf(data: Readonly<Record<string, unknown>>): string {
  return String(data["tool_use_id"] ?? data["text"] ?? data["session_id"] ?? "").slice(0, 60);
}
