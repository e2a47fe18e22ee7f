/**
 * Keeps the input of a conversation open while background work runs. Claude Code ends the commands
 * that its sub-agents left in the background five seconds after its input has ended; it waits for
 * all others (measured with 2.1.330).
 */
import { backgroundAfter } from "../domain/attempt/background.ts";
import { isOwnResult } from "../domain/attempt/own-result.ts";
import { arrayOf } from "../domain/text/read-json.ts";
import { Inbox } from "./inbox.ts";
import { isMainTurn } from "./messages.ts";
import type { Message } from "./messages.ts";
import type { UUID } from "node:crypto";
import type { UserContent, UserMessage } from "./user-message.ts";

/** Claude, or the sub-agent that began the work, gets the report of ended work within this time. */
const reportMs = 3_000;

/** Names what is said, so that Claude Code reports what becomes of it. */
export interface Receipt {
  readonly uuid: UUID;
  /** The messages that it holds. */
  readonly keys: readonly string[];
}

/**
 * What becomes of a message. `dropped`: Claude Code has removed it from its queue, and no turn has
 * taken it.
 */
export type MessageFate = "queued" | "delivered" | "done" | "dropped";

/**
 * The input of one run. It ends when a turn has ended, every message was taken to its end, and
 * nothing runs in the background.
 */
export class OpenInput {
  readonly #inbox = new Inbox<UserMessage>();
  #isAnswered = false;
  #isEnded = false;
  #live = 0;
  /** Whether work has ended, and the turn that reports it to Claude has not begun. */
  #isReported = false;
  #timer: NodeJS.Timeout | null = null;
  /** What was said with a receipt and whose turn has not ended. */
  readonly #unfinished = new Map<unknown, Receipt>();
  /** The UUIDs of what a turn has taken. */
  readonly #started = new Set<unknown>();
  /** Called when Claude Code says what becomes of messages. */
  onMessages: (keys: readonly string[], fate: MessageFate) => void = () => {};

  /** @param prompt the first message; absent: there is none yet. */
  constructor(prompt?: UserContent) {
    if (prompt !== undefined) this.say(prompt);
  }

  /** Messages of the user, to the end of the input. */
  get messages(): AsyncIterable<UserMessage> {
    return this.#inbox;
  }

  say(content: UserContent, receipt?: Receipt, priority?: UserMessage["priority"]): void {
    if (receipt !== undefined) this.expect(receipt);
    const more = { ...(receipt === undefined ? {} : { uuid: receipt.uuid }), ...(priority === undefined ? {} : { priority }) };
    this.#inbox.push({ type: "user", message: { role: "user", content }, parent_tool_use_id: null, ...more });
  }

  /** Keeps the input open for what is said soon. @returns false: it has ended. */
  expect(receipt: Receipt): boolean {
    if (!this.#isEnded) this.#unfinished.set(receipt.uuid, receipt);
    return !this.#isEnded;
  }

  /** Waits no more for what `expect` announced: it is not said. */
  forget(uuid: UUID): void {
    this.#unfinished.delete(uuid);
    this.#decide();
  }

  /** Takes every message of Claude Code, in order. */
  heard(message: Message): void {
    this.#follow(message);
    this.#live = backgroundAfter({ ...message })?.length ?? this.#live;
    const isResult = message.type === "result" && isOwnResult({ ...message });
    if (isResult || isMainTurn(message)) {
      this.#isAnswered = isResult;
      this.#isReported = false;
    }
    this.#isReported ||= isEndOfWork(message);
    this.#decide();
  }

  /** Ends the input at once. May be called twice. */
  end(): void {
    this.#isEnded = true;
    this.#wait(false);
    this.#inbox.end();
  }

  /** Follows what becomes of messages (`command_lifecycle`, and the UUIDs of a result). */
  #follow({ type, command_uuid: uuid, state, user_message_uuids: ended }: Message): void {
    if (type === "command_lifecycle") this.#followCommand(uuid, state);
    if (type === "result") for (const each of arrayOf(ended)) this.#finish(each, "done");
  }

  #followCommand(uuid: unknown, state: unknown): void {
    if (state === "queued") this.#report(uuid, "queued");
    if (state === "started") {
      this.#started.add(uuid);
      this.#report(uuid, "delivered");
    }
    // A turn that took it may have been cut off.
    if (state === "cancelled") this.#finish(uuid, this.#started.has(uuid) ? null : "dropped");
    if (state === "completed") this.#finish(uuid, "done");
  }

  #finish(uuid: unknown, fate: "done" | "dropped" | null): void {
    if (fate !== null) this.#report(uuid, fate);
    this.#unfinished.delete(uuid);
  }

  #report(uuid: unknown, fate: MessageFate): void {
    const receipt = this.#unfinished.get(uuid);
    if (receipt !== undefined) this.onMessages(receipt.keys, fate);
  }

  #decide(): void {
    const isOver = this.#isAnswered && this.#live === 0 && this.#unfinished.size === 0;
    if (isOver && !this.#isReported) this.end();
    else this.#wait(isOver);
  }

  #wait(on: boolean): void {
    if (on === (this.#timer !== null)) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = on ? setTimeout(() => this.end(), reportMs) : null;
  }
}

function isEndOfWork({ type, subtype, status }: Message): boolean {
  return type === "system" && subtype === "task_notification" && (status === "completed" || status === "failed");
}
