/** Collects what the server knows about the end of an attempt, beside the journal. */
import type { StopReason } from "../domain/attempt/stop-reason.ts";
import type { SweptProcess } from "../domain/events/record.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import type { Attempt } from "../domain/task/task.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import { SecretFinder } from "../domain/text/secret-finder.ts";
import { sweep } from "../processes/sweep.ts";
import type { AttemptContext } from "./attempt-context.ts";
import type { FinaliseOptions } from "./finalise.ts";

export class AttemptEnd {
  readonly #context: AttemptContext;
  readonly #attempt: Attempt;
  /**
   * When the runner ended, by the boot clock; null while it runs, or when it had ended before this
   * server started.
   */
  #seenUp: number | null = null;
  /** Why the runner could not begin, where that is known. */
  startProblem: string | null = null;

  constructor(context: AttemptContext, attempt: Attempt) {
    this.#context = context;
    this.#attempt = attempt;
  }

  /** Notes that the runner has just ended. */
  runnerGone(): void {
    this.#seenUp = bootClockMs();
  }

  /** @param swept processes that were left after the runner, and were ended. */
  facts(stopping: StopReason | null, swept: readonly SweptProcess[] = []): FinaliseOptions {
    const { store, bootId, now, random, account, refusalTries } = this.#context;
    const attempt = { attemptId: this.#attempt.id, swept, seenUp: this.#seenUp, stopping, startProblem: this.startProblem };
    return { ...attempt, store, bootId, now: now(), wall: Date.now(), random, account: this.#accountNow(account), refusalTries };
  }

  /** That of the task's profile; empty: it is not known. */
  #accountNow(account: AttemptContext["account"]): string {
    return account(this.#context.store.tasks.row(this.#attempt.taskId)?.profile ?? defaultProfile) ?? "";
  }

  /**
   * Ends what a dead runner left. A runner that wrote its closing record has swept its tree itself.
   */
  async sweepAfterDeath(): Promise<readonly SweptProcess[]> {
    const { id, runnerId } = this.#attempt;
    if (this.#context.store.events.ofAttempt(id, ["attempt_ended"]).length > 0) return [];
    return this.#withoutSecrets(await sweep(runnerId));
  }

  /** What a runner writes has no secrets; these command lines come from the system. */
  #withoutSecrets(processes: readonly SweptProcess[]): readonly SweptProcess[] {
    if (processes.length === 0) return processes;
    const task = this.#context.store.tasks.get(this.#attempt.taskId);
    const finder = new SecretFinder(this.#context.secrets?.(task ?? undefined) ?? []);
    return processes.map((each) => ({ ...each, command: finder.clean(each.command) }));
  }
}
