/** Runs the probe that a person asks for. */
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { Service } from "../domain/services/service.ts";

const limitMs = 60_000;

/** Runs one probe of a profile at a time; all callers that ask for it meanwhile get its outcome. */
export class AskedProbe implements Service {
  readonly #probe: (signal: AbortSignal, profile: string) => Promise<Outcome>;
  #stopped = new AbortController();
  readonly #running = new Map<string, Promise<Outcome>>();

  /** @param probe sends one small request under a profile; the signal ends it. */
  constructor(probe: (signal: AbortSignal, profile: string) => Promise<Outcome>) {
    this.#probe = probe;
  }

  start(): void {
    if (this.#stopped.signal.aborted) this.#stopped = new AbortController();
  }

  /** Ends the running probes. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#running.values());
  }

  run(profile: string): Promise<Outcome> {
    const running = this.#running.get(profile);
    if (running !== undefined) return running;
    const signal = AbortSignal.any([AbortSignal.timeout(limitMs), this.#stopped.signal]);
    const probe = this.#probe(signal, profile).finally(() => this.#running.delete(profile));
    this.#running.set(profile, probe);
    return probe;
  }
}
