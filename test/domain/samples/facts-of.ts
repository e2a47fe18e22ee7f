/** The facts of a recorded case of Claude Code. */
import { factEventTypes, factsFrom } from "../../../src/domain/attempt/attempt-facts.ts";
import type { AttemptFacts } from "../../../src/domain/attempt/outcome.ts";
import type { StopReason } from "../../../src/domain/attempt/stop-reason.ts";
import { eventsFromRecord } from "../../../src/domain/events/events-from-record.ts";
import { sample } from "./sample.ts";

/** The facts as the store would give them: from the events of these types only. */
export function factsOf(
  name: string,
  { stop = null as StopReason | null, ended = true, rebooted = false, upTo = Infinity } = {},
): AttemptFacts {
  const { messages, ended: closing } = sample(name);
  const records = [...messages.slice(0, upTo), ...(ended ? [closing(stop ?? undefined)] : [])];
  const types: readonly string[] = factEventTypes;
  const events = records.flatMap((record) => eventsFromRecord(record)).filter(({ type }) => types.includes(type));
  return factsFrom(events, { stopRequested: stop, rebooted });
}
