/** Reads an event stream message by message, as it arrives. */
import type { IncomingMessage } from "node:http";

export interface SseMessage {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string;
}

export class SseReader {
  readonly messages: SseMessage[] = [];
  readonly comments: string[] = [];
  /** Resolves when the server has ended the stream, or it broke. */
  readonly ended: Promise<void>;
  readonly #answer: IncomingMessage;
  #rest = "";
  #waiting: (() => void)[] = [];

  constructor(answer: IncomingMessage) {
    this.#answer = answer;
    answer.setEncoding("utf8").on("data", (part: string) => this.#read(part));
    this.ended = new Promise((resolve) => {
      answer.once("close", resolve).once("error", () => resolve());
    });
    void this.ended.then(() => this.#tell());
  }

  get status(): number {
    return this.#answer.statusCode ?? 0;
  }

  /** Waits until this many messages are there; fails when the stream ends before. */
  async count(wanted: number): Promise<SseMessage[]> {
    await this.until(() => this.messages.length >= wanted);
    return this.messages;
  }

  /** Waits until the condition holds; looks after each part that arrives. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#answer.destroyed) throw new Error(`the stream ended after ${this.messages.length} messages`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  ids(): number[] {
    return this.messages.flatMap((message) => (message.id === null ? [] : [Number(message.id)]));
  }

  close(): void {
    this.#answer.destroy();
  }

  #read(part: string): void {
    const blocks = (this.#rest + part).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) this.#take(block);
    this.#tell();
  }

  #take(block: string): void {
    const field = (name: string): string | null => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? null;
    const data = field("data");
    if (data !== null) this.messages.push({ id: field("id"), event: field("event"), data });
    else if (block.startsWith(":")) this.comments.push(block);
  }

  #tell(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
