/**
 * Says when an attempt whose turn has ended is over. Claude Code exits by itself when nothing runs
 * in the background. Sub-agents are waited for, everything else for a limited time: a server that
 * Claude left running would hold the attempt for ever. It stops nothing.
 */
import { backgroundAfter, isAgentWork } from "../domain/attempt/background.ts";
import type { BackgroundTask, BackgroundWait } from "../domain/attempt/background.ts";
import { isOwnResult } from "../domain/attempt/own-result.ts";
import { isMainTurn } from "../agent/messages.ts";
import type { JournalEntry } from "../domain/events/record.ts";

export interface AfterResultOptions {
  /** How long commands in the background are waited for when the turn has ended, ms. */
  readonly backgroundGraceMs: number;
  /** How long Claude Code may take to exit when nothing is left to do, ms. */
  readonly exitMs: number;
  /** UTC milliseconds. */
  readonly now: () => number;
  /**
   * The turn has ended and this is waited for: told when the wait begins, and when the work or its
   * limit changes.
   */
  readonly onWait: (wait: BackgroundWait) => void;
  /** The time is up. `cut`: what still runs in the background. */
  readonly onOver: (cut: readonly BackgroundTask[]) => void;
}

/** Decides when an attempt is over after the result of its turn. */
export class AfterResult {
  readonly #options: AfterResultOptions;
  #live: readonly BackgroundTask[] = [];
  #answered = false;
  #timer: NodeJS.Timeout | null = null;
  /** What the timer waits for. */
  #waitsFor: "exit" | "background" | null = null;
  /** When the background's time is up, UTC milliseconds; null: nothing limits it. */
  #until: number | null = null;
  /** The wait that was told last. */
  #told = "";

  constructor(options: AfterResultOptions) {
    this.#options = options;
  }

  /** What runs in the background now. */
  get live(): readonly BackgroundTask[] {
    return this.#live;
  }

  /** Whether the turn has ended with a result and no other has begun. */
  get isAnswered(): boolean {
    return this.#answered;
  }

  /** Whether a sub-agent is waited for. */
  get awaitsAgent(): boolean {
    return this.#live.some(isAgentWork);
  }

  /** Takes what was journalled, in order. */
  heard(entry: JournalEntry): void {
    this.#live = backgroundAfter(entry) ?? this.#live;
    if (entry.type === "result" && isOwnResult(entry)) this.#answered = true;
    else if (isMainTurn(entry)) this.#answered = false;
    this.#wait(this.#reason());
    this.#tell();
  }

  stop(): void {
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
    // Before the call: what it journals is heard here, too.
    this.#told = state;
    this.#options.onWait({ work: this.#live, until: this.#until });
  }

  /**
   * The time for the background runs on while messages come; that for the exit begins again with
   * each.
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
