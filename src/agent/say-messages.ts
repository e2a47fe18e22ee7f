/**
 * Says messages to Claude Code: with the first prompt of a session, or each by itself. Finds those
 * that a session has already.
 */
import { randomUUID } from "node:crypto";
import type { UUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { messagesOfEntry } from "../config/transcript-entry.ts";
import type { DeliveryWay, SentMessage } from "../domain/messages/message.ts";
import { wordsAsText } from "../domain/agents/prompt-as-text.ts";
import { arrayOf } from "../domain/text/read-json.ts";
import type { AgentWork, Emit } from "./agent.ts";
import type { MessageFate, OpenInput } from "./open-input.ts";
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

/** Names of Claude Code's commands that work without a terminal; null: unknown. */
export type Commands = ReadonlySet<string> | null;

/** Begins another session, in which the task's later messages would be lost. */
const newSession = "clear";

/** @param all what Claude Code names in the handshake (SlashCommand). */
export function usableCommands(all: readonly { readonly name: string; readonly aliases?: readonly string[] }[]): Commands {
  return new Set(all.filter(({ name }) => name !== newSession).flatMap(({ name, aliases = [] }) => [name, ...aliases]));
}

/**
 * The words as Claude should read them. Claude Code answers a command that needs a terminal
 * (`/login`) itself, so that Claude would not read the words: they are said as a text.
 */
export function withoutDeadCommand(words: string, commands: Commands): string {
  const name = /^\/([\w:-]+)(?:\s|$)/.exec(words)?.[1];
  // Prompts of MCP servers are not known at the start.
  if (name === undefined || commands === null || name.startsWith("mcp__")) return words;
  return commands.has(name) ? words : wordsAsText(words);
}

/** How a message joins a turn that runs. */
const priorities = { next: "next", after_turn: "later", now: "next", dismiss: "next" } as const satisfies Record<DeliveryWay, string>;

/** What messages need of the Claude Code that runs. */
export interface LivePort {
  /** Ends the turn. */
  interrupt(): Promise<unknown>;
  /** Asks for the removal of a message from the queue. What comes of it is reported as its fate. */
  withdraw(key: string): Promise<unknown>;
  /** The message is taken back: Claude has not read it and never will. @param by who asked. */
  takenBack(key: string, by: string): void;
}

/**
 * Says messages that come while Claude Code runs, in order. One with the delivery `now` interrupts
 * the turn first. (Claude Code's own priority `now` would end the turn as an empty success.)
 */
export class LiveMessages {
  readonly #port: LivePort;
  #messages: readonly SentMessage[] = [];
  readonly #delivered = new Set<string>();
  /** Keys of the messages that Claude Code may have. */
  readonly #said = new Set<string>();
  /** Who wants to take back which message. */
  readonly #recalled = new Map<string, string>();
  #input: OpenInput | null = null;
  #commands: Commands = null;
  #saying: Promise<void> = Promise.resolve();

  constructor(port: LivePort) {
    this.#port = port;
  }

  add(message: SentMessage): void {
    this.#messages = [...this.#messages, message];
    if (this.#input !== null) this.#say(this.#input, message);
  }

  /** Claude Code takes messages now, perhaps after another one that did not take them all. */
  open(input: OpenInput, commands: Commands): void {
    this.#input = input;
    this.#commands = commands;
    for (const message of this.#messages) if (!this.#delivered.has(message.key)) this.#say(input, message);
  }

  /** Takes a message back, unless a turn has it. Without effect on messages of the start. */
  unsay(key: string, by: string): void {
    if (this.#delivered.has(key) || !this.#messages.some((message) => message.key === key)) return;
    this.#recalled.set(key, by);
    if (this.#said.has(key)) this.#withdraw(key);
    else this.#drop(key, by);
  }

  /** Takes what Claude Code says about a message. */
  hasBecome(key: string, fate: MessageFate): void {
    if (fate === "delivered" || fate === "done") this.#delivered.add(key);
    const by = this.#recalled.get(key);
    if (by === undefined) return;
    // It was not in the queue when its removal was asked for.
    if (fate === "queued") this.#withdraw(key);
    if (fate === "dropped") this.#drop(key, by);
  }

  #withdraw(key: string): void {
    // A process that is gone has removed nothing, and its messages are said by the next one.
    this.#port.withdraw(key).catch(() => {});
  }

  #drop(key: string, by: string): void {
    this.#messages = this.#messages.filter((message) => message.key !== key);
    this.#recalled.delete(key);
    this.#port.takenBack(key, by);
  }

  #say(input: OpenInput, message: SentMessage): void {
    const { key, text, delivery } = message;
    const receipt = { uuid: key as UUID, keys: [key] };
    if (!input.expect(receipt)) return;
    const words = withoutDeadCommand(text, this.#commands);
    this.#saying = this.#saying.then(async () => {
      if (!this.#messages.includes(message)) return input.forget(receipt.uuid);
      this.#said.add(key);
      if (delivery === "now") await this.#port.interrupt().catch(() => {});
      input.say(words, receipt, priorities[delivery]);
    });
  }
}

/** Says messages, of which one may be the prompt with its images. */
export function sayMessages(
  input: OpenInput,
  messages: readonly SentMessage[],
  { sessionId, images }: AgentWork,
  commands: Commands,
): void {
  for (const { key, text, delivery } of messages) {
    const content = key === sessionId ? contentOf(text, images) : withoutDeadCommand(text, commands);
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

/** The UUIDs of the user's messages in a session. */
function saidIn(transcript: string): Set<unknown> {
  return new Set(parseLines(readFileSync(transcript, "utf8")).flatMap(messagesOfEntry));
}
