/**
 * Gives messages to the runner of an attempt: with its start, and while it runs. A task that waits
 * for an answer gets them after the answer.
 */
import type { ToRunner } from "../attempt-protocol/protocol.ts";
import { hasMention, wordsAsText } from "../domain/agents/prompt-as-text.ts";
import type { Message, SentMessage } from "../domain/messages/message.ts";
import type { Attempt } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";

export class MessageDelivery {
  readonly #store: Store;
  readonly #attempt: Attempt;
  readonly #send: (message: ToRunner) => void;
  /** Keys of messages that the connected runner has got. */
  readonly #sent = new Set<string>();
  /**
   * Keys of messages that came while the task waited for an answer: there was no turn to replace,
   * and the call that was answered comes first.
   */
  readonly #cameWhileWaiting = new Set<string>();
  /** Who takes back which message, by its key. */
  readonly #recalled = new Map<string, string>();

  constructor(store: Store, attempt: Attempt, send: (message: ToRunner) => void) {
    this.#store = store;
    this.#attempt = attempt;
    this.#send = send;
  }

  /** A runner is connected, and may not know what another server has sent. */
  connected(): void {
    this.#sent.clear();
    for (const [key, by] of this.#recalled) this.#send({ type: "unsend", key, by });
  }

  /** Asks the runner to take a message back. Its journal says what comes of it. */
  unsend(key: string, by: string): void {
    this.#recalled.set(key, by);
    this.#send({ type: "unsend", key, by });
  }

  /** Sends the messages that came since the attempt's start and that the runner lacks, in order. */
  pass(): void {
    const { taskId, id: attemptId } = this.#attempt;
    if (!this.#store.messages.hasQueued(taskId)) return;
    const open = this.#store.messages.open(taskId);
    if (this.#store.tasks.row(taskId)?.status === "waiting") for (const { key } of open) this.#cameWhileWaiting.add(key);
    if (!this.#takesMessages(taskId)) return;
    for (const message of open) {
      if (message.status !== "queued" || message.delivery === "dismiss" || message.attemptId === attemptId) continue;
      // Whether files are read is a setting of the start: it waits for the next attempt.
      if (message.byAgent && hasMention(message.text)) return;
      if (this.#sent.has(message.key)) continue;
      this.#sent.add(message.key);
      const joins = message.delivery === "now" && this.#cameWhileWaiting.has(message.key);
      this.#send({ type: "message", message: sentMessage(joins ? { ...message, delivery: "next" } : message) });
    }
  }

  #takesMessages(taskId: number): boolean {
    const task = this.#store.tasks.row(taskId);
    if (task?.status !== "running" || task.cancelRequestedAt !== null) return false;
    return !this.#store.questions.unapplied(taskId).some(({ status }) => status === "open");
  }
}

/** The messages that the attempt was given when it was claimed. */
export function messagesOfStart(store: Store, { id, taskId }: Attempt): Message[] {
  return store.messages.open(taskId).filter(({ attemptId, delivery }) => attemptId === id && delivery !== "dismiss");
}

export function sentMessage({ key, text, continues, delivery, byAgent }: Message): SentMessage {
  return { key, text: byAgent ? wordsAsText(text) : text, continues, delivery };
}
