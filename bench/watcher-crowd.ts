/**
 * Many readers of one task's event stream, as cheap as readers can be: they count events and note
 * how old each was when it arrived.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { TaskRef } from "../src/domain/task/task-ref.ts";

export class WatcherCrowd {
  /** Events by reader. */
  readonly counts: number[] = [];
  readonly delaysMs: number[] = [];
  readonly #socketPath: string;
  readonly #request: string;
  readonly #ends: Promise<void>[] = [];
  /** Each event's time is parsed once, not once a reader. */
  readonly #times = new Map<string, number>();

  constructor(socketPath: string, taskId: TaskRef) {
    this.#socketPath = socketPath;
    this.#request = `GET /api/v1/tasks/${taskId}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`;
  }

  /** Resolves when every reader has its first event. */
  async open(readers: number): Promise<void> {
    await Promise.all(Array.from({ length: readers }, () => this.#reader()));
    this.delaysMs.length = 0; // The stored ones are old by design.
  }

  /** A reader that reads nothing. */
  async openPaused(): Promise<Socket> {
    const socket = connect(this.#socketPath);
    socket.on("error", () => {}); // The server lets it go at last.
    socket.pause().write(this.#request);
    await new Promise((resolve) => socket.once("ready", resolve));
    return socket;
  }

  /** Resolves when every reader has received the task's end. */
  async ended(): Promise<void> {
    await Promise.all(this.#ends);
  }

  #reader(): Promise<void> {
    const index = this.counts.push(0) - 1;
    const socket = connect(this.#socketPath);
    socket.setEncoding("latin1").write(this.#request);
    this.#ends.push(new Promise((resolve, reject) => socket.once("close", resolve).once("error", reject)));
    return new Promise((resolve) => {
      let rest = "";
      socket.on("data", (part: string) => {
        const text = rest + part;
        const cut = text.lastIndexOf("\n\n");
        rest = text.slice(cut + 1);
        this.#take(index, text.slice(0, cut + 1));
        if ((this.counts[index] ?? 0) > 0) resolve();
        if (text.includes("event: end")) socket.end();
      });
    });
  }

  #take(index: number, text: string): void {
    const now = Date.now();
    // The first time in an event is its own.
    for (const [, at = ""] of text.matchAll(/\nid: \d+\ndata: \{[^\n]*?"at":"([^"]{24})"/g)) {
      this.counts[index] = (this.counts[index] ?? 0) + 1;
      this.delaysMs.push(now - this.#timeOf(at));
    }
  }

  #timeOf(at: string): number {
    const known = this.#times.get(at);
    if (known !== undefined) return known;
    const time = Date.parse(at);
    this.#times.set(at, time);
    return time;
  }
}
