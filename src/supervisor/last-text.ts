/** Finds the replacement for an empty result: the last text that Claude wrote to the user. */
import { isOfSubagent } from "../domain/events/is-of-subagent.ts";
import { eventsFromRecord } from "../domain/events/events-from-record.ts";
import { arrayOf, objectOf, stringOf } from "../domain/text/read-json.ts";
import type { Store } from "../store/store.ts";
import { readJournal } from "./journal-reader.ts";
import { attemptsOfSession } from "./session-attempts.ts";

/**
 * The last text of the main thread in this attempt, or in the earlier attempts of its session;
 * null: there is none. Events hold the first 16 KB of a text; a longer one is read from the
 * journal.
 */
export function lastText(store: Store, attemptId: number, journal: string): string | null {
  const attempt = store.attempts.get(attemptId);
  if (attempt === null) return null;
  for (const { id } of attemptsOfSession(store, attempt).toReversed()) {
    const last = store.events.ofAttempt(id, ["text"]).findLast((event) => !isOfSubagent(event));
    if (last === undefined) continue;
    const whole = last.data.truncated === true ? lastTextIn(journal, id) : null;
    return whole ?? last.data.text;
  }
  return null;
}

function lastTextIn(journal: string, attemptId: number): string | null {
  let last: string | null = null;
  for (const { records } of readJournal(journal, attemptId, 0)) {
    for (const record of records) {
      if (!eventsFromRecord(record).some((event) => event.type === "text" && !isOfSubagent(event))) continue;
      const blocks = arrayOf(objectOf(objectOf({ ...record })["message"])["content"]).map(objectOf);
      last = stringOf(blocks.findLast(({ type }) => type === "text")?.["text"]) ?? last;
    }
  }
  return last;
}
