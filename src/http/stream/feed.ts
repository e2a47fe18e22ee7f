/**
 * One feed of events (a task's, or everybody's) for any number of watchers: it reads what is new
 * once, writes it down as text once, and hands the same text to all. Watchers that are behind read
 * for themselves.
 */
import type { EventView } from "../../contract/views/event.ts";
import type { Subscription } from "../../contract/api.ts";

/** Where a feed's events come from. */
export interface FeedSource {
  /** Events after a number, oldest first. */
  read(after: number, limit: number): Promise<readonly EventView[]>;
  /** The number of the newest event; 0 when there is none. */
  newest(): Promise<number>;
  /** The event's number in this feed. */
  numberOf(event: EventView): number;
  /**
   * The last frame and the number of the last event before it, once the feed is over. Null while
   * the feed continues.
   */
  end(): Promise<FeedEnd | null>;
  /** Calls `wake` when there may be something new. */
  subscribe(wake: () => void): Subscription;
}

export interface FeedEnd {
  readonly frame: string;
  readonly after: number;
}

/** What a feed sees of a watcher. */
export interface FeedWatcher {
  /** Events `from` (excluded) to `to`, as text. A watcher elsewhere reads for itself. */
  offer(from: number, to: number, frames: Buffer): void;
  /** The feed is over: to be said once everything before it was sent. */
  over(end: FeedEnd): void;
  /** The feed is over. */
  close(): void;
}

/** Steps after which a task may have ended. */
const closing = new Set<EventView["type"]>(["ended", "attempt_ended", "cancel_requested", "result", "swept"]);
const readAtOnce = 200;
const pieceLength = 64 * 1024;
/**
 * Events are handed over together so that a feed makes at most this many writes a second: 500
 * watchers get events every 25 ms at most, a single watcher gets them at once.
 */
const writesPerSecond = 20_000;

export class Feed {
  readonly #source: FeedSource;
  readonly #watchers = new Set<FeedWatcher>();
  readonly #subscription: Subscription;
  readonly #onError: (error: unknown) => void;
  readonly #started: Promise<void>;
  #cursor = 0;
  /** Calls the flush that is due off; null when none is. */
  #cancel: (() => void) | null = null;
  #flushedAt = 0;
  #isFlushing = false;
  /** The source woke the feed during a flush: another one follows. */
  #isStale = false;
  #isClosed = false;

  /**
   * Begins with the newest event: older ones each watcher reads for itself. @param onError called
   * when reading fails.
   */
  constructor(source: FeedSource, onError: (error: unknown) => void) {
    this.#source = source;
    this.#onError = onError;
    this.#subscription = source.subscribe(() => this.#wake());
    this.#started = source.newest().then((newest) => void (this.#cursor = newest));
    this.#started.catch(() => undefined); // The callers that await it get the error.
  }

  /**
   * Resolves when the feed knows where it begins. A watcher reads for itself only then: what it
   * reads and what it is handed overlap, and no event is between them. @throws what the source
   * threw.
   */
  get started(): Promise<void> {
    return this.#started;
  }

  get source(): FeedSource {
    return this.#source;
  }

  get watchers(): ReadonlySet<FeedWatcher> {
    return this.#watchers;
  }

  add(watcher: FeedWatcher): void {
    this.#watchers.add(watcher);
  }

  remove(watcher: FeedWatcher): void {
    this.#watchers.delete(watcher);
  }

  /** Reading failed: the watchers are closed, come back by themselves and then see why. */
  fail(error: unknown): void {
    this.#onError(error);
    this.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription.close();
    this.#cancel?.();
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers.clear();
  }

  #wake(): void {
    if (this.#isFlushing) this.#isStale = true;
    if (this.#isFlushing || this.#cancel !== null) return;
    const gatherMs = (this.#watchers.size / writesPerSecond) * 1000;
    const waitMs = this.#flushedAt + gatherMs - performance.now();
    if (waitMs > 1) {
      const timer = setTimeout(() => void this.#flush(), waitMs);
      this.#cancel = () => clearTimeout(timer);
    } else {
      const soon = setImmediate(() => void this.#flush());
      this.#cancel = () => clearImmediate(soon);
    }
  }

  async #flush(): Promise<void> {
    this.#cancel = null;
    this.#isFlushing = true;
    this.#isStale = false;
    try {
      await this.#started;
      const mayBeOver = await this.#handOver();
      const end = mayBeOver ? await this.#source.end() : null;
      if (end !== null) for (const watcher of this.#watchers) watcher.over(end);
    } catch (error) {
      if (!this.#isClosed) this.fail(error);
    }
    this.#isFlushing = false;
    this.#flushedAt = performance.now();
    if (this.#isStale && !this.#isClosed) this.#wake();
  }

  /**
   * @returns whether the end is worth a look: a step of the task that ends it, or a wake without
   * any event.
   */
  async #handOver(): Promise<boolean> {
    let mayBeOver = false;
    for (let first = true; ; first = false) {
      const events = await this.#source.read(this.#cursor, readAtOnce);
      if (events.length === 0) return mayBeOver || first;
      for (const piece of piecesOf(this.#cursor, events, (event) => this.#source.numberOf(event))) this.#offer(piece);
      mayBeOver ||= events.some((event) => closing.has(event.type));
      if (events.length < readAtOnce) return mayBeOver;
    }
  }

  #offer({ from, to, frames }: Piece): void {
    this.#cursor = to;
    const bytes = Buffer.from(frames);
    for (const watcher of this.#watchers) watcher.offer(from, to, bytes);
  }
}

/** Some events in a row as text: those after `from`, up to and with `to`. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly frames: string;
}

/**
 * Cuts events into pieces that may be written at once: what a slow reader leaves lying is at most
 * one of them.
 */
export function* piecesOf(after: number, events: readonly EventView[], numberOf: FeedSource["numberOf"]): Generator<Piece, void> {
  let [from, to, frames] = [after, after, ""];
  for (const event of events) {
    to = numberOf(event);
    frames += frameOf(to, event);
    if (frames.length < pieceLength) continue;
    yield { from, to, frames };
    [from, frames] = [to, ""];
  }
  if (frames !== "") yield { from, to, frames };
}

/** One event as a message of the event stream. */
function frameOf(number: number, event: EventView): string {
  return `id: ${number}\ndata: ${JSON.stringify(event)}\n\n`;
}
