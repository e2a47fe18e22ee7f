/**
 * Notes the most memory that an attempt's processes held together. The server learns from it what
 * later tasks need.
 */
import { treeMemoryMb } from "../processes/tree-memory.ts";

/** Short attempts are not looked at: nothing may slow their start. */
const firstLookMs = 1_000;
/** A look costs a few milliseconds of CPU. */
const lookEveryMs = 5_000;

export class MemoryPeak {
  readonly #read: () => Promise<number | null>;
  #timer: NodeJS.Timeout | null = null;
  #peakMb: number | null = null;
  #isOver = false;

  /** @param read how much they hold now, MB. Default: this process and its descendants. */
  constructor(read: () => Promise<number | null> = () => treeMemoryMb(process.pid)) {
    this.#read = read;
  }

  start(): void {
    this.#lookIn(firstLookMs);
  }

  /** @returns MB; null: the attempt was too short to be looked at. */
  stop(): number | null {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    return this.#peakMb;
  }

  #lookIn(pauseMs: number): void {
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#look(), pauseMs).unref();
  }

  async #look(): Promise<void> {
    const now = await this.#read();
    if (now !== null) this.#peakMb = Math.max(this.#peakMb ?? 0, now);
    this.#lookIn(lookEveryMs);
  }
}
