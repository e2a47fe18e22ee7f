/**
 * Says messages to Claude Code: with the first prompt of a session, or each by itself. Finds those
 * that a session has already.
 */
import { randomUUID } from "node:crypto";
import type { UUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DeliveryWay, SentMessage } from "../domain/messages/message.ts";
import { arrayOf, objectOf } from "../domain/text/read-json.ts";
import type { AgentWork, Emit } from "./agent.ts";
import type { OpenInput } from "./open-input.ts";
import { journalTail, parseLines } from "./transcript.ts";
import { contentOf } from "./user-message.ts";

/** Says the task's prompt, with its messages behind it. */
export function sayPrompt(input: OpenInput, { spec, images, messages = [] }: AgentWork, emit: Emit): void {
  const content = contentOf([spec.prompt, ...messages.map(({ text }) => text)].join("\n\n"), images);
  if (messages.length === 0) return input.say(content);
  const receipt = { uuid: randomUUID(), keys: messages.map(({ key }) => key) };
  emit({ type: "worker", subtype: "messages_in_prompt", ...receipt });
  input.say(content, receipt);
}

/** How a message joins a turn that runs. */
const priorities = { next: "next", after_turn: "later", now: "next", dismiss: "next" } as const satisfies Record<DeliveryWay, string>;

/**
 * Says messages that come while Claude Code runs, in order. One with the delivery `now` interrupts
 * the turn first. (Claude Code's own priority `now` would end the turn as an empty success.)
 */
export class LiveMessages {
  readonly #interrupt: () => Promise<unknown>;
  readonly #messages: SentMessage[] = [];
  readonly #delivered = new Set<string>();
  #input: OpenInput | null = null;
  #saying: Promise<void> = Promise.resolve();

  constructor(interrupt: () => Promise<unknown>) {
    this.#interrupt = interrupt;
  }

  add(message: SentMessage): void {
    this.#messages.push(message);
    if (this.#input !== null) this.#say(this.#input, message);
  }

  /** Claude Code takes messages now, perhaps after another one that did not take them all. */
  open(input: OpenInput): void {
    this.#input = input;
    for (const message of this.#messages) if (!this.#delivered.has(message.key)) this.#say(input, message);
  }

  delivered(key: string): void {
    this.#delivered.add(key);
  }

  #say(input: OpenInput, { key, text, delivery }: SentMessage): void {
    const receipt = { uuid: key as UUID, keys: [key] };
    if (!input.expect(receipt)) return;
    this.#saying = this.#saying.then(async () => {
      if (delivery === "now") await this.#interrupt().catch(() => {});
      input.say(text, receipt, priorities[delivery]);
    });
  }
}

/** Says messages, of which one may be the prompt with its images. */
export function sayMessages(input: OpenInput, messages: readonly SentMessage[], { sessionId, images }: AgentWork): void {
  for (const { key, text, delivery } of messages) {
    const content = key === sessionId ? contentOf(text, images) : text;
    input.say(content, { uuid: key as UUID, keys: [key] }, delivery === "after_turn" ? "later" : undefined);
  }
}

/**
 * The messages that the session lacks. Those that it has are noted as delivered: an attempt may
 * have died before it could note that.
 */
export function missingMessages(transcript: string, { messages = [], journal }: AgentWork, emit: Emit): readonly SentMessage[] {
  if (messages.length === 0) return messages;
  const said = saidIn(transcript);
  for (const { type, subtype, uuid, keys } of journalTail(journal)) {
    if (type === "worker" && subtype === "messages_in_prompt" && said.has(uuid)) arrayOf(keys).forEach((key) => said.add(key));
  }
  for (const { key } of messages) if (said.has(key)) emit({ type: "worker", subtype: "message_delivered", key });
  return messages.filter(({ key }) => !said.has(key));
}

/**
 * The UUIDs of the user's messages in a session. A message that was folded into a turn stands in an
 * attachment (`source_uuid`).
 */
function saidIn(transcript: string): Set<unknown> {
  const entries = parseLines(readFileSync(transcript, "utf8"));
  return new Set(entries.map(({ type, uuid, attachment }) => (type === "attachment" ? objectOf(attachment)["source_uuid"] : uuid)));
}
