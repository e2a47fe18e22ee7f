/**
 * Decides when an attempt whose turn has ended is over. Claude Code exits by itself when nothing
 * runs in the background. The wait for sub-agents has no limit; the wait for other work has one,
 * because a server that Claude left running would hold the attempt for ever. It stops no process.
 */
import { backgroundAfter, isAgentWork } from "../domain/attempt/background.ts";
import type { BackgroundTask, BackgroundWait } from "../domain/attempt/background.ts";
import { isOwnResult } from "../domain/attempt/own-result.ts";
import { isMainTurn } from "../agent/messages.ts";
import type { JournalEntry } from "../domain/events/record.ts";

export interface AfterResultOptions {
  /** How long the attempt waits for background commands after the end of the turn, ms. */
  readonly backgroundGraceMs: number;
  /** How long Claude Code may take to exit when all work is done, ms. */
  readonly exitMs: number;
  /** UTC milliseconds. */
  readonly now: () => number;
  /**
   * Called when a wait for background work begins after the turn, and when the work or its limit
   * changes.
   */
  readonly onWait: (wait: BackgroundWait) => void;
  /** Called when the time is up. `cut`: work that still runs in the background. */
  readonly onOver: (cut: readonly BackgroundTask[]) => void;
}

/** Decides when an attempt is over after the result of its turn. */
export class AfterResult {
  readonly #options: AfterResultOptions;
  #live: readonly BackgroundTask[] = [];
  #answered = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | null = null;
  /** What the timer waits for. */
  #waitsFor: "exit" | "background" | null = null;
  /** When the time for background work ends, UTC milliseconds; null: there is no limit. */
  #until: number | null = null;
  /** The wait that was reported last. */
  #told = "";

  constructor(options: AfterResultOptions) {
    this.#options = options;
  }

  /** What runs in the background now. */
  get live(): readonly BackgroundTask[] {
    return this.#live;
  }

  /** Whether the turn has ended with a result and no other turn has begun. */
  get isAnswered(): boolean {
    return this.#answered;
  }

  /** Whether the attempt waits for a sub-agent. */
  get awaitsAgent(): boolean {
    return this.#live.some(isAgentWork);
  }

  /** Takes every journalled entry, in order. */
  heard(entry: JournalEntry): void {
    this.#live = backgroundAfter(entry) ?? this.#live;
    if (entry.type === "result" && isOwnResult(entry)) this.#answered = true;
    else if (isMainTurn(entry)) this.#answered = false;
    if (this.#isStopped) return;
    this.#wait(this.#reason());
    this.#tell();
  }

  /** The attempt is ending: nothing is waited for any more. */
  stop(): void {
    this.#isStopped = true;
    this.#wait(null);
  }

  #reason(): "exit" | "background" | null {
    if (!this.#answered || this.awaitsAgent) return null;
    return this.#live.length > 0 ? "background" : "exit";
  }

  #tell(): void {
    if (!this.#answered || this.#live.length === 0) return void (this.#told = "");
    const state = JSON.stringify([this.#live, this.#until]);
    if (state === this.#told) return;
    // Set before the call, because `heard` also gets what the call journals.
    this.#told = state;
    this.#options.onWait({ work: this.#live, until: this.#until });
  }

  /**
   * Starts the timer. The time for background work continues while messages come; the time for the
   * exit restarts with each message.
   */
  #wait(reason: "exit" | "background" | null): void {
    if (reason === "background" && this.#waitsFor === "background") return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waitsFor = reason;
    const { backgroundGraceMs, exitMs, onOver, now } = this.#options;
    this.#until = reason === "background" ? now() + backgroundGraceMs : null;
    if (reason === null) return;
    this.#timer = setTimeout(() => onOver(this.#live), reason === "exit" ? exitMs : backgroundGraceMs);
  }
}
