/**
 * Serves one watcher's connection (`text/event-stream`): first the stored events, then live ones.
 * Applies back-pressure: for a slow reader it buffers nothing, and later reads the missed events
 * from the store.
 */
import type { ServerResponse } from "node:http";
import { piecesOf } from "./feed.ts";
import type { Feed, FeedEnd, FeedWatcher } from "./feed.ts";
import { streamHead } from "../request/send-answer.ts";

const readAtOnce = 100;

export class EventStream implements FeedWatcher {
  readonly #response: ServerResponse;
  readonly #feed: Feed;
  #after: number;
  #end: FeedEnd | null = null;
  /**
   * The reader has no room at the moment. One that stands still for too long loses its connection
   * (write-deadline.ts).
   */
  #isBlocked = false;
  #isOpen = false;
  #closed = false;
  #isReading = false;
  /** Something came while it was reading: it reads once more. */
  #isStale = false;

  constructor(response: ServerResponse, feed: Feed, after: number) {
    this.#response = response;
    this.#feed = feed;
    this.#after = after;
    response.on("drain", () => this.#unblock());
  }

  /** Sends the head and everything that is stored after the watcher's number. */
  async open(): Promise<void> {
    if (this.#closed) return void this.#response.destroy(); // The server stops.
    this.#response.writeHead(200, streamHead({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" }));
    this.#isOpen = true;
    this.#write("retry: 1000\n\n");
    this.#isReading = true;
    const end = await this.#feed.source.end();
    this.#end ??= end;
    this.#isReading = false;
    this.#continue();
  }

  offer(from: number, to: number, frames: Buffer): void {
    this.#passEnd(to);
    if (this.#after >= to || this.#isBlocked) return;
    if (this.#after !== from || this.#isReading || !this.#isOpen) return this.#continue();
    this.#after = to;
    this.#write(frames);
  }

  over(end: FeedEnd): void {
    this.#end = end;
    if (!this.#isBlocked) this.#continue();
  }

  /** Keeps the connection alive. */
  beat(): void {
    if (this.#isOpen && !this.#isBlocked) this.#write(": heartbeat\n\n");
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#isOpen) this.#response.end();
  }

  #unblock(): void {
    this.#isBlocked = false;
    this.#continue();
  }

  #continue(): void {
    this.#isStale = true;
    if (this.#isOpen && !this.#isReading) void this.#read();
  }

  /** One read at a time: what comes meanwhile makes it read once more. */
  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#catchUp();
      }
    } catch (error) {
      this.#feed.fail(error);
    }
    this.#isReading = false;
    this.#endIfOver();
  }

  /** Reads from the store until there is nothing newer or the reader is slow. */
  async #catchUp(): Promise<void> {
    const { source } = this.#feed;
    while (!this.#closed && !this.#response.destroyed && !this.#isBlocked) {
      const events = await source.read(this.#after, readAtOnce);
      const [piece] = piecesOf(this.#after, events, (event) => source.numberOf(event));
      if (piece === undefined) break;
      this.#passEnd(piece.to);
      this.#after = piece.to;
      this.#write(piece.frames);
    }
  }

  /** An event after the end: the task was retried and continues. */
  #passEnd(to: number): void {
    if (this.#end !== null && to > this.#end.after) this.#end = null;
  }

  #endIfOver(): void {
    if (this.#closed || this.#isBlocked || this.#end === null || this.#after < this.#end.after) return;
    this.#write(this.#end.frame);
    this.close();
  }

  #write(text: string | Buffer): void {
    if (this.#closed || this.#response.destroyed) return;
    if (!this.#response.write(text)) this.#isBlocked = true;
  }
}
