/**
 * Reads the session's spending after each model call. Only this file uses the SDK's call for it,
 * which is experimental. Where the call is missing or fails, the cost is known only with the
 * result. No other code waits for it.
 */
import type { RunnerNote } from "../domain/events/record.ts";

export type SpendingNote = Extract<RunnerNote, { subtype: "spending" }>;

/** The part of the SDK's query that reports spending. */
export interface Metered {
  usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET?(options: { skipBehaviors: boolean }): Promise<{
    readonly session: { readonly total_cost_usd: number; readonly model_usage: Readonly<Record<string, object>> };
  }>;
}

/**
 * A call's tokens are complete shortly after its message, so a total that did not change is read
 * once more.
 */
const lateMs = 200;

/** Asks the session for its cost after each model call. */
export class RunningCost {
  readonly #query: Metered;
  readonly #emit: (note: SpendingNote) => void;
  #reading = false;
  #again = false;
  #last = 0;
  #late: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(query: Metered, emit: (note: SpendingNote) => void) {
    this.#query = query;
    this.#emit = emit;
  }

  /**
   * Call it after each answer of a model call; returns at once. Calls during a reading lead to one
   * more reading.
   */
  touch(): void {
    this.#again = true;
    if (!this.#reading) void this.#readings();
  }

  /** Emits nothing from now on. */
  stop(): void {
    this.#stopped = true;
    if (this.#late !== null) clearTimeout(this.#late);
  }

  async #readings(): Promise<void> {
    this.#reading = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const changed = await this.#read();
      if (changed !== false || this.#stopped) continue;
      if (this.#late !== null) clearTimeout(this.#late);
      this.#late = setTimeout(() => void this.#read(), lateMs);
    }
    this.#reading = false;
  }

  /** @returns whether the total changed; null: it cannot be read. */
  async #read(): Promise<boolean | null> {
    try {
      const usage = await this.#query.usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET?.({ skipBehaviors: true });
      if (usage === undefined || this.#stopped) return null;
      const { total_cost_usd: costUsd, model_usage: models } = usage.session;
      if (costUsd === this.#last) return false;
      this.#last = costUsd;
      this.#emit({ type: "worker", subtype: "spending", base: false, costUsd, modelUsage: models });
      return true;
    } catch {
      return null;
    }
  }
}
