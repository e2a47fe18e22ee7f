/**
 * Knows whether Claude has finished the work, by the same rules as the server: what is not finished
 * is not verified.
 */
import { factEventTypes, factsFrom } from "../domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../domain/attempt/decide-outcome.ts";
import type { EventDraft, EventType } from "../domain/events/event.ts";
import { eventsFromRecord } from "../domain/events/events-from-record.ts";
import type { JournalRecord } from "../domain/events/record.ts";

const types: ReadonlySet<EventType> = new Set(factEventTypes);
const exit: EventDraft<"attempt_ended"> = { type: "attempt_ended", data: { thrown: null, stop_requested: null } };

export class FinishedWork {
  readonly #events: EventDraft[] = [];

  /** What the agent said at the end of its last turn. */
  get answer(): string {
    const last = this.#events.findLast(({ type }) => type === "result");
    return last?.type === "result" ? last.data.text : "";
  }

  take(record: JournalRecord): void {
    this.#events.push(...eventsFromRecord(record).filter(({ type }) => types.has(type)));
  }

  /** Whether the attempt would be a success if it ended now. */
  get isFinished(): boolean {
    const facts = factsFrom([...this.#events, exit], { stopRequested: null, rebooted: false });
    return decideOutcome(facts).kind === "succeeded";
  }
}
