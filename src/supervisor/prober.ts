/**
 * Runs due probes one after another, and writes what follows from each answer in one commit. Idle
 * while no probe is planned.
 */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { AccountOf } from "../domain/order/held.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import { afterProbe, isForMissing, longestPauseMs } from "../domain/order/probe.ts";
import type { Probe, ProbeConsequence } from "../domain/order/probe.ts";
import { concernsAccount } from "../domain/order/scope.ts";
import { Lifecycle } from "../domain/services/service.ts";
import type { Service } from "../domain/services/service.ts";
import type { Store } from "../store/store.ts";

/** Timers do not run while the machine sleeps, so the clock is read this often. */
const longestTimerMs = 60_000;
/** Time until a failed write or start is tried again. */
const retryMs = 5_000;

export interface ProberOptions {
  readonly store: Store;
  readonly log: Logger;
  now(): number;
  /** The account of each profile. */
  account: AccountOf;
  /** Every profile. Default: only that of the server. */
  readonly profiles?: readonly string[];
  /** Sends one small request under a profile. Never rejects for what the API says. */
  probe(model: string | null, signal: AbortSignal, profile: string): Promise<Outcome>;
  /**
   * Called before the first task starts again after a refused sign-in, because parked runners may
   * hold the old sign-in.
   */
  onSignedIn(): void;
}

interface Ready {
  readonly probe: Probe;
  readonly profile: string;
  readonly account: string;
}

/** Runs due probes while tasks wait. */
export class Prober implements Service {
  readonly #options: ProberOptions;
  readonly #lifecycle = new Lifecycle({ begin: () => this.#begin(), end: () => this.#end() });
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #stopped = new AbortController();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** Ends a running probe. The next server repeats it. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  async #begin(): Promise<void> {
    const { store, now } = this.#options;
    this.#stopped = new AbortController();
    await store.write(() => {
      store.probes.shortenWaits(now(), longestPauseMs);
      // This server may have been started with another path of Claude Code.
      for (const { refusal } of store.probes.list().filter(isForMissing)) store.probes.reschedule(refusal, now(), 0);
    });
    this.#unsubscribe = store.onCommit(() => this.#look());
    this.#look();
  }

  async #end(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stopped.abort();
    await this.#running;
  }

  /**
   * Plans the next probe. While no task waits there is no probe, because its answer would not be
   * used.
   */
  #look(): void {
    const { store, now } = this.#options;
    if (this.#unsubscribe === null || this.#running !== null) return;
    const [next] = store.probes.list().flatMap((probe) => this.#withProfile(probe));
    if (next === undefined || store.tasks.counts().pending === 0) return this.#lookIn(null);
    if (next.probe.at > now()) return this.#lookIn(next.probe.at - now());
    this.#lookIn(null);
    this.#running = this.#run(next)
      .then(() => 0)
      .catch((error: unknown) => {
        this.#options.log.error({ error: messageOf(error) }, "a probe failed");
        return retryMs;
      })
      .then((pauseMs) => {
        this.#running = null;
        this.#lookIn(pauseMs);
      });
  }

  /** The probe with a profile of its account; empty: no profile has that account now. */
  #withProfile(probe: Probe): Ready[] {
    const { account, profiles = [defaultProfile] } = this.#options;
    const found = profiles.map((profile) => ({ probe, profile, account: account(profile) ?? "" }));
    return found.filter((each) => concernsAccount(probe.scope, each.account)).slice(0, 1);
  }

  #lookIn(pauseMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (pauseMs === null || this.#unsubscribe === null) return;
    this.#timer = setTimeout(() => this.#look(), Math.min(pauseMs, longestTimerMs));
  }

  async #run({ probe, profile, account }: Ready): Promise<void> {
    const { store, log, now } = this.#options;
    const outcome = await this.#options.probe(probe.model, this.#stopped.signal, profile);
    if (this.#stopped.signal.aborted) return;
    log.info({ refusal: probe.refusal, outcome }, "a probe answered");
    await store.write(() => {
      // A person's `resume` removes the probe: then tasks try themselves.
      const current = store.probes.list().find(({ refusal }) => refusal === probe.refusal);
      if (current === undefined) return;
      const held = store.holds.active().some(({ kind, scope }) => kind === current.kind && scope === current.scope);
      this.#apply(current, afterProbe(current, outcome, { account, held, now: now(), wall: Date.now() }), account);
    });
  }

  #apply(probe: Probe, after: ProbeConsequence, account: string): void {
    const { store, now, onSignedIn } = this.#options;
    const { refusal, kind, scope, tries } = probe;
    if (after.lift && store.holds.lift(kind, scope) && kind === "auth_failed") onSignedIn();
    for (const hold of after.holds) store.holds.put(hold, now());
    if (after.forgetRefusals) store.tasks.forgetRefusals(refusal, now());
    if (after.worked) store.accounts.worked(account, now());
    if (after.nextAt === null) store.probes.remove(refusal);
    else store.probes.reschedule(refusal, after.nextAt, tries + 1);
    if (after.ask !== null) store.probes.ask(after.ask);
  }
}
