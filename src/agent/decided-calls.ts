/**
 * Knows the calls that a person has just decided. An interruption waits for them a moment: a call
 * that was cut off before it ran would have used up its answer.
 */

/** So long Claude Code has to decide a call again that was put back into its session. */
const putBackMs = 10_000;
/** So long a decided call has until its result. One that takes longer runs, and is cut off. */
const decidedMs = 2_000;

export class DecidedCalls {
  readonly #now: () => number;
  /** By the id of the call, or of a form: until when an interruption waits. */
  readonly #until = new Map<unknown, number>();
  /** Ids of calls that were put back and that Claude Code has not decided yet. */
  readonly #putBack = new Set<unknown>();
  #changed = Promise.withResolvers<void>();

  /** @param now a clock that does not go back (ms). */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The call is open in the session, and Claude Code is about to decide it again. */
  putBack(id: string): void {
    this.#putBack.add(id);
    this.#set(id, putBackMs);
  }

  /**
   * Whether a call that was put back has not begun: there is no turn to replace yet, and the call
   * comes first, however long it runs.
   */
  get isToBegin(): boolean {
    return [...this.#putBack].some((id) => (this.#until.get(id) ?? 0) > this.#now());
  }

  /** Claude Code gets the decision. @param id null: a form, which ends with any call. */
  decided(id: string | null): void {
    this.#putBack.delete(id);
    this.#set(id ?? Symbol("form"), decidedMs);
  }

  /** Takes a message of Claude Code, which may have results of calls. */
  heard({ type, message }: { readonly type: string; readonly message?: unknown }): void {
    const content = type === "user" ? (message as { content?: unknown } | undefined)?.content : null;
    if (!Array.isArray(content) || this.#until.size === 0) return;
    const ended = new Set((content as { type?: unknown; tool_use_id?: unknown }[]).map((block) => block.tool_use_id));
    ended.delete(undefined);
    if (ended.size === 0) return;
    for (const id of this.#until.keys()) if (typeof id === "symbol" || ended.has(id)) this.#until.delete(id);
    this.#wake();
  }

  /** Resolves when no call waits for its effect, or at the end of its time. */
  async settled(): Promise<void> {
    for (;;) {
      const left = Math.max(...this.#until.values(), 0) - this.#now();
      if (left <= 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, left);
      await Promise.race([promise, this.#changed.promise]);
      clearTimeout(timer);
    }
  }

  #set(id: unknown, ms: number): void {
    this.#until.set(id, this.#now() + ms);
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
