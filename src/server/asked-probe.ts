/** Runs the probe that a person asks for. */
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { Service } from "../domain/services/service.ts";

const limitMs = 60_000;

/** Runs one probe at a time; all callers that ask meanwhile get its outcome. */
export class AskedProbe implements Service {
  readonly #probe: (signal: AbortSignal) => Promise<Outcome>;
  #stopped = new AbortController();
  #running: Promise<Outcome> | null = null;

  /** @param probe sends one small request; the signal ends it. */
  constructor(probe: (signal: AbortSignal) => Promise<Outcome>) {
    this.#probe = probe;
  }

  start(): void {
    if (this.#stopped.signal.aborted) this.#stopped = new AbortController();
  }

  /** Ends a running probe. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running?.catch(() => {});
  }

  run(): Promise<Outcome> {
    const signal = AbortSignal.any([AbortSignal.timeout(limitMs), this.#stopped.signal]);
    this.#running ??= this.#probe(signal).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }
}
