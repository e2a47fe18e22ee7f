/**
 * Renews the figures of each account's limits while a task waits for its reserve: a rolling window
 * frees before its reset. Where the setting depends on the time, it looks at running tasks, too.
 * Idle otherwise.
 */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import { isInForce } from "../domain/order/admission.ts";
import { notAvailable, reportInUsage } from "../domain/order/account-usage.ts";
import { heldTasks } from "../domain/order/held.ts";
import type { AccountOf, HeldPart } from "../domain/order/held.ts";
import type { Hold } from "../domain/order/hold.ts";
import { isOfReserve } from "../domain/order/reserve.ts";
import { isTimed } from "../domain/order/reserve-setting.ts";
import type { ReserveSetting } from "../domain/order/reserve-setting.ts";
import { accountIn, concernsAccount } from "../domain/order/scope.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import { capSentence, overageHold, overageLimits } from "../domain/task/overage.ts";
import { Lifecycle } from "../domain/services/service.ts";
import type { Service } from "../domain/services/service.ts";
import type { Account } from "../store/sqlite/accounts.ts";
import type { Store } from "../store/store.ts";
import { keepReserve, settleReserve } from "./keep-reserve.ts";

/** Figures are renewed this long after the last ones. */
const renewMs = 300_000;
/** The same where the sign-in gives none outside of tasks. */
const renewRarelyMs = 1_800_000;
/** While figures cannot be renewed, one task starts this long after the last figures or start. */
const letThroughMs = 1_800_000;
/** What is spent may be so old while tasks are paid for: two looks. */
const payMs = 2 * renewMs;
/** Timers do not run while the machine sleeps, so the clock is read this often. */
const longestTimerMs = 60_000;
/** Time until a failed write is tried again. */
const retryMs = 5_000;

export interface LimitsWatchOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly reserve: ReserveSetting | null;
  /** What may be spent on paid overage in a billing period, US dollars; null: there is no cap. */
  readonly capUsd?: number | null;
  now(): number;
  /** The account of each profile. */
  account: AccountOf;
  /** Every profile. Default: only that of the server. */
  readonly profiles?: readonly string[];
  /** Asks Claude Code for the limits of the profile's account. Never rejects. */
  usage(signal: AbortSignal, profile: string): Promise<unknown>;
}

/** An account whose limits are to be asked for, under one of its profiles. */
interface Turn {
  readonly account: string;
  readonly profile: string;
  /** UTC ms. */
  readonly at: number;
}

export class LimitsWatch implements Service {
  readonly #options: LimitsWatchOptions;
  readonly #lifecycle = new Lifecycle({ begin: () => this.#begin(), end: () => this.#end() });
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #stopped = new AbortController();

  constructor(options: LimitsWatchOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** Ends a running call. The next server repeats it. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  /**
   * From when on one task of the account may start although the reserve is reached (UTC ms): its
   * answers bring new figures. Null: the figures can be renewed without that.
   */
  letThroughAt(account: string): number | null {
    const known = this.#known(account);
    if (known === null || known.lookProblem === null) return null;
    return Math.max(known.reportedAt ?? 0, known.letThroughAt ?? 0) + letThroughMs;
  }

  async #begin(): Promise<void> {
    this.#stopped = new AbortController();
    this.#unsubscribe = this.#options.store.onCommit(() => this.#look());
    await this.#settle();
    this.#look();
  }

  async #end(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#lookIn(null);
    this.#stopped.abort();
    await this.#running;
  }

  #known(account: string): Account | null {
    return this.#options.store.accounts.get(account);
  }

  get #profiles(): readonly string[] {
    return this.#options.profiles ?? [defaultProfile];
  }

  /** One profile of each account, by its fingerprint. */
  #accounts(): ReadonlyMap<string, string> {
    const all = this.#profiles.toReversed().map((profile) => [this.#options.account(profile), profile] as const);
    return new Map(all.filter((each): each is [string, string] => each[0] !== null));
  }

  /** The account whose turn comes first; null: no figures are needed. */
  #nextTurn(): Turn | null {
    const turns = [...this.#accounts()].flatMap(([account, profile]) =>
      this.#isWaitedFor(account) || this.#isPaying(account) ? [{ account, profile, at: this.#dueAt(account) }] : [],
    );
    return turns.toSorted((a, b) => a.at - b.at)[0] ?? null;
  }

  #look(): void {
    const { now, log } = this.#options;
    if (this.#unsubscribe === null || this.#running !== null) return;
    const turn = this.#nextTurn();
    if (turn === null || turn.at > now()) {
      const pauseMs = turn === null ? null : turn.at - now();
      return this.#lookIn(pauseMs ?? (this.#isTimed() ? longestTimerMs : null));
    }
    this.#lookIn(null);
    this.#running = this.#renew(turn)
      .then(() => 0)
      .catch((error: unknown) => {
        log.error({ error: messageOf(error) }, "the limits of the account could not be renewed");
        return retryMs;
      })
      .then((pauseMs) => {
        this.#running = null;
        this.#lookIn(pauseMs);
      });
  }

  /** Whether running tasks may have to stop when the hour changes. */
  #isTimed(): boolean {
    const { store, reserve } = this.#options;
    return reserve !== null && isTimed(reserve) && store.tasks.counts().running > 0;
  }

  async #settle(): Promise<void> {
    const { store, now, reserve: setting } = this.#options;
    for (const account of this.#accounts().keys()) await settleReserve(store, account, { setting, now: now(), wall: Date.now() });
  }

  /** Whether a task of the account would start without the reserve. */
  #isWaitedFor(account: string): boolean {
    const { store, now } = this.#options;
    const active = store.holds.active();
    if (!active.some((hold) => this.#isWatched(hold)) || store.tasks.counts().pending === 0) return false;
    const holding = active.filter((hold) => isInForce(hold, account, now()));
    if (!holding.some((hold) => this.#isWatched(hold))) return false;
    const held = heldTasks(
      holding.filter((hold) => !this.#isWatched(hold)),
      { profiles: this.#profiles, account: this.#options.account },
    );
    return held !== "all" && store.tasks.startable(now(), 1, { held: [...held, ...this.#ofOthers(account)] }).length > 0;
  }

  /** The tasks of all other accounts. */
  #ofOthers(account: string): HeldPart[] {
    return this.#profiles.filter((profile) => this.#options.account(profile) !== account).map((profile) => [profile, ""]);
  }

  /** Whether new figures can end the hold. */
  #isWatched(hold: Hold): boolean {
    return isOfReserve(hold) || (hold.kind === "overage" && (this.#options.capUsd ?? null) !== null);
  }

  /** Whether running tasks may be paid for up to the cap. */
  #isPaying(account: string): boolean {
    const { store, now, capUsd = null } = this.#options;
    if (capUsd === null || store.tasks.counts().running === 0) return false;
    return (this.#known(account)?.overageUntil ?? 0) > now() - payMs;
  }

  #dueAt(account: string): number {
    const { lookedAt = null, lookProblem = null, reportedAt = null } = this.#known(account) ?? {};
    const pauseMs = lookProblem === notAvailable ? renewRarelyMs : renewMs;
    const lookAt = (lookedAt ?? 0) + pauseMs;
    // A report of a task does not say what was spent.
    const isForMoney = this.#isPaying(account) || this.#capHolds(account);
    return isForMoney ? lookAt : Math.max((reportedAt ?? 0) + renewMs, lookAt);
  }

  /** Whether the cap keeps tasks of the account from starting. */
  #capHolds(account: string): boolean {
    const holds = this.#options.store.holds.active();
    return holds.some((hold) => !isOfReserve(hold) && this.#isWatched(hold) && concernsAccount(hold.scope, account));
  }

  #lookIn(pauseMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (pauseMs === null || this.#unsubscribe === null) return;
    this.#timer = setTimeout(() => void this.#tick(), Math.min(pauseMs, longestTimerMs));
  }

  async #tick(): Promise<void> {
    await this.#settle().catch((error: unknown) => this.#options.log.error({ error: messageOf(error) }, "the reserve was not settled"));
    this.#look();
  }

  async #renew({ account: fingerprint, profile }: Turn): Promise<void> {
    const { store, now, log, reserve: setting } = this.#options;
    const answer = await this.#options.usage(this.#stopped.signal, profile);
    if (this.#stopped.signal.aborted) return;
    const moment = now();
    await store.write(() => {
      const report = reportInUsage(answer, store.accounts.get(fingerprint)?.report ?? null);
      const problem = typeof report === "string" ? report : null;
      store.accounts.looked(fingerprint, problem, moment);
      log.info({ problem, profile }, "the limits of the account were asked for");
      if (typeof report !== "string") {
        store.accounts.reported(fingerprint, report, moment);
        keepReserve(store, fingerprint, { setting, now: moment, wall: Date.now() });
      }
      this.#keepCap(fingerprint, typeof report === "string" ? null : (report.overage.spentUsd ?? null), moment);
    });
  }

  /** Lets tasks be paid for while less than the cap is spent. @param spentUsd null: not known. */
  #keepCap(fingerprint: string, spentUsd: number | null, moment: number): void {
    const { store, capUsd = null } = this.#options;
    const report = store.accounts.get(fingerprint)?.report;
    if (capUsd === null || report == null) return;
    if (spentUsd !== null && spentUsd < capUsd) {
      store.accounts.consent(fingerprint, moment + payMs);
      for (const { kind, scope } of store.holds.active())
        if (kind === "overage" && accountIn(scope) === fingerprint) store.holds.lift(kind, scope, moment);
      return;
    }
    store.accounts.consent(fingerprint, moment);
    const limits = overageLimits(report, fingerprint, { now: moment, wall: Date.now() });
    for (const limit of limits) store.holds.put(overageHold(limit, null, capSentence(spentUsd, capUsd)), moment);
  }
}
