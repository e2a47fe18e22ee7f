/**
 * Stores what the journal says about messages, and what the end of a task means to them. Works
 * inside of the ingest's write.
 */
import type { JournalRecord } from "../domain/events/record.ts";
import { continuesTask } from "../domain/messages/continues-task.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import { cutString } from "../domain/text/cut-json.ts";
import type { Store } from "../store/store.ts";

/** In characters. */
const longestNote = 10_000;

export class MessageRecords {
  readonly #store: Store;
  readonly #attempt: Attempt;

  constructor(store: Store, attempt: Attempt) {
    this.#store = store;
    this.#attempt = attempt;
  }

  take(record: JournalRecord): void {
    const { type, subtype } = record;
    if (type !== "worker") return;
    if (subtype !== "message_delivered" && subtype !== "message_done" && subtype !== "message_taken_back" && subtype !== "message_answered")
      return;
    const { messages } = this.#store;
    const { taskId, id: attemptId } = this.#attempt;
    const message = messages.find(String(record["key"]));
    if (message === null || message.taskId !== taskId) return;
    const now = Date.parse(record._at);
    if (subtype === "message_taken_back") {
      note(this.#store, messages.cancel(message.id, now), "message_cancelled", { attemptId, now, by: String(record["by"]) });
      return;
    }
    if (subtype === "message_answered") return messages.note(message.id, cutString(String(record["text"]), longestNote).value);
    note(this.#store, messages.delivered(message.id, now), "message_delivered", { attemptId, now });
    if (subtype === "message_done") note(this.#store, messages.done(message.id, now), "message_done", { attemptId, now });
  }
}

/** Inside `write`: the questions that a message dismissed have their denial. */
export function dismissed(store: Store, { taskId, id: attemptId }: Attempt, now: number): void {
  if (!store.messages.hasQueued(taskId) || store.questions.unapplied(taskId).length > 0) return;
  for (const message of store.messages.open(taskId)) {
    if (message.delivery !== "dismiss") continue;
    note(store, store.messages.delivered(message.id, now), "message_delivered", { attemptId, now });
    note(store, store.messages.done(message.id, now), "message_done", { attemptId, now });
  }
}

/** The numbers of the messages that a task fails without; none where another attempt follows. */
export function undeliveredOf(store: Store, task: Task, attemptId: number): number[] {
  const open = store.messages.open(task.id);
  if (continuesTask(task, open, attemptId)) return [];
  return open.filter(({ status, delivery }) => status === "queued" && delivery !== "dismiss").map(({ id }) => id);
}

/** Inside `write`: the messages of a task that has ended with this attempt. */
export function endMessages(store: Store, { id, status }: Pick<Task, "id" | "status">, now: number): void {
  for (const message of store.messages.end(id, status === "cancelled", now))
    note(store, message, message.status === "done" ? "message_done" : "message_cancelled", { attemptId: null, now });
}

function note(
  store: Store,
  message: { id: number; taskId: number } | null,
  type: "message_delivered" | "message_done" | "message_cancelled",
  { attemptId, now, ...more }: { attemptId: number | null; now: number; by?: string },
): void {
  if (message !== null) store.events.append(message.taskId, attemptId, [{ type, at: now, data: { message: message.id, ...more } }]);
}
