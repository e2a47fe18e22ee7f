/** What the server knows of the end of an attempt, beside the journal. */
import type { StopReason } from "../domain/attempt/stop-reason.ts";
import type { SweptProcess } from "../domain/events/record.ts";
import type { Attempt } from "../domain/task/task.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import { sweep } from "../processes/sweep.ts";
import type { AttemptContext } from "./attempt-context.ts";
import type { FinaliseOptions } from "./finalise.ts";

export class AttemptEnd {
  readonly #context: AttemptContext;
  readonly #attempt: Attempt;
  /**
   * When the runner went, by the boot clock; null while it is there, or when it was gone before
   * this server came.
   */
  #seenUp: number | null = null;
  /** Why the runner could not even begin, where that is known. */
  startFault: string | null = null;

  constructor(context: AttemptContext, attempt: Attempt) {
    this.#context = context;
    this.#attempt = attempt;
  }

  /** The server has just seen the runner go. */
  runnerGone(): void {
    this.#seenUp = bootClockMs();
  }

  /** @param swept processes that outlived the runner, and were ended. */
  facts(stopping: StopReason | null, swept: readonly SweptProcess[] = []): FinaliseOptions {
    const { store, bootId, now, random, account, refusalTries } = this.#context;
    const attempt = { attemptId: this.#attempt.id, swept, seenUp: this.#seenUp, stopping, startFault: this.startFault };
    return { ...attempt, store, bootId, now: now(), wall: Date.now(), random, account: account(), refusalTries };
  }

  /** A runner that wrote its closing record has swept by itself. One that died has not. */
  async sweepAfterDeath(): Promise<readonly SweptProcess[]> {
    const { id, runnerId } = this.#attempt;
    if (this.#context.store.events.ofAttempt(id, ["attempt_ended"]).length > 0) return [];
    return sweep(runnerId);
  }
}
