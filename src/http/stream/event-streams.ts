/**
 * Owns all open event streams: one feed for each watched task, and one heartbeat for all streams.
 * Without a watcher there is neither a feed nor a heartbeat.
 */
import type { ServerResponse } from "node:http";
import type { Caller } from "../../contract/caller.ts";
import { EventStream } from "./event-stream.ts";
import { Feed } from "./feed.ts";
import type { FeedSource } from "./feed.ts";
import type { OpenConnections } from "../listener/open-connections.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

export interface EventStreamsOptions {
  readonly heartbeatMs: number;
  readonly onError: (error: unknown) => void;
}

/** What a client wants to watch. */
export interface Watch {
  /** The task's id; null: all tasks. */
  readonly key: TaskRef | null;
  /** The number of the last event that the watcher has. */
  readonly after: number;
  readonly source: FeedSource;
  readonly caller: Caller;
}

export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #connections: OpenConnections;
  /** By task id; null is the feed of all tasks. */
  readonly #feeds = new Map<TaskRef | null, Feed>();
  readonly #streams = new Set<EventStream>();
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(connections: OpenConnections, options: EventStreamsOptions) {
    this.#connections = connections;
    this.#options = options;
  }

  /** How many are open. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Answers with a stream until it ends, the reader leaves or the server stops. Resolves when the
   * stream has begun. @throws what the source threw.
   */
  async open(response: ServerResponse, { key, after, source, caller }: Watch): Promise<void> {
    if (response.closed) return; // The reader has left meanwhile.
    const feed = this.#feeds.get(key) ?? new Feed(source, this.#options.onError);
    this.#feeds.set(key, feed);
    const stream = new EventStream(response, feed, after);
    const forget = this.#connections.add(caller, () => stream.close());
    feed.add(stream);
    this.#streams.add(stream);
    response.once("close", () => {
      forget();
      this.#forget(key, feed, stream);
    });
    this.#heartbeat ??= setInterval(() => this.#beat(), this.#options.heartbeatMs);
    try {
      await feed.started;
      await stream.open();
    } catch (error) {
      this.#forget(key, feed, stream);
      throw error;
    }
  }

  /** Ends every stream; readers come back by themselves. May be called twice. */
  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }

  #beat(): void {
    for (const stream of this.#streams) stream.beat();
  }

  #forget(key: TaskRef | null, feed: Feed, stream: EventStream): void {
    stream.close();
    feed.remove(stream);
    this.#streams.delete(stream);
    if (feed.watchers.size === 0) {
      feed.close();
      if (this.#feeds.get(key) === feed) this.#feeds.delete(key);
    }
    if (this.#streams.size > 0 || this.#heartbeat === null) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }
}
