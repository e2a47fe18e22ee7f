/** Stores what the journal says about verify commands. Works inside of the ingest's write. */
import { eventsFromRecord } from "../domain/events/events-from-record.ts";
import type { JournalRecord } from "../domain/events/record.ts";
import { judgeSpentIn, spentInAll } from "../domain/task/spending.ts";
import type { Attempt } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";

export class VerificationRecords {
  readonly #store: Store;
  readonly #attempt: Attempt;

  #isRunning: boolean;

  constructor(store: Store, attempt: Attempt) {
    this.#store = store;
    this.#attempt = attempt;
    this.#isRunning = store.verifications.running(attempt.taskId) !== null;
  }

  /** Whether a command runs. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  take(record: JournalRecord): void {
    if (record.type !== "worker" || (record.subtype !== "verify_started" && record.subtype !== "verify_ended")) return;
    const { verifications, tasks } = this.#store;
    const spent = judgeSpentIn(record);
    const task = spent === null ? null : tasks.get(this.#attempt.taskId);
    if (spent !== null && task !== null) tasks.patch(task.id, Date.parse(record._at), spentInAll(task, null, spent));
    this.#isRunning = record.subtype === "verify_started";
    const of = { taskId: this.#attempt.taskId, attemptId: this.#attempt.id };
    for (const { type, data } of eventsFromRecord(record)) {
      if (type === "verify_started")
        verifications.start({
          ...of,
          name: data.name,
          command: data.command,
          startedAt: Date.parse(record._at),
          isBaseline: data.baseline === true,
        });
      if (type !== "verify_ended") continue;
      const { name, state, exit_code: exitCode, reason, output_tail: outputTail, tree, took_ms: tookMs } = data;
      verifications.end({ ...of, name, state, exitCode, reason, outputTail, tree, tookMs });
    }
  }
}
