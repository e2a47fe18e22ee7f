/**
 * Starts pending tasks: as many as there are free slots, best first. Commits wake it, and one timer
 * for the next moment at which something changes without a commit (a retry is due, a hold ends). It
 * does not poll.
 */
import type { Logger } from "pino";
import { isInForce } from "../domain/order/admission.ts";
import { messageOf } from "../domain/errors.ts";
import { heldTasks } from "../domain/order/held.ts";
import type { AccountOf, HeldPart } from "../domain/order/held.ts";
import type { Hold } from "../domain/order/hold.ts";
import type { Lanes } from "../domain/order/lanes.ts";
import { isOfReserve } from "../domain/order/reserve.ts";
import { accountIn } from "../domain/order/scope.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import type { Service } from "../domain/services/service.ts";
import type { FanOutGate } from "./fan-out-gate.ts";
import { lookAgainMs } from "./resource-gate.ts";
import type { ResourceGate } from "./resource-gate.ts";
import type { StartableOptions, Store } from "../store/store.ts";

/**
 * Longest timer while the scheduler waits for a moment: timers do not run while the machine sleeps,
 * and do not follow a clock that is set.
 */
const longestTimerMs = 60_000;
/**
 * Delay after a failed round (full disk, another program's lock); it doubles with each further
 * failure.
 */
const firstRetryMs = 2_000;

/** So many answered tasks are looked at in a round: those of a full group hold up no others. */
const mostReady = 500;

/** So many times a round looks for tasks whose disk has room. */
const mostLooks = 5;

/** Processes that leave are looked at again after this long, although none is gone. */
const leavingLookMs = 5_000;

export interface SchedulerOptions {
  readonly store: Store;
  readonly log: Logger;
  /** How many tasks run at once. */
  readonly workers: number;
  /** How many tasks of one agent's client run at once; default: no separate limit. */
  readonly agentWorkers?: number | null;
  now(): number;
  /** The account of each profile. */
  account: AccountOf;
  /** Every profile. Default: only that of the server. */
  readonly profiles?: readonly string[];
  /** The profile that pays where a limit holds tasks of this one; null: none. Default: none. */
  whenHeld?(profile: string): string | null;
  /**
   * Whether a task's caller has the rights to let it run now; default: always. A task without the
   * rights does not block others.
   */
  mayStart?(taskId: number): boolean;
  /**
   * How many processes of waiting tasks hold a slot, so that tasks that ask do not fill the memory;
   * default: none. Those that are `leaving` give it up when they are gone, those that are `staying`
   * when they have their answer.
   */
  slotsOfWaiting?(): { readonly leaving: number; readonly staying: number };
  /**
   * Writes what the reserve of each account holds at this moment, where that has changed. Default:
   * there is no reserve.
   */
  settleReserve?(now: number): Promise<void>;
  /** Whether the machine can carry more tasks. Default: it is not looked at. */
  readonly resources?: Pick<ResourceGate, "admit" | "begin" | "skips">;
  /** Which tasks with the same prompt wait for the first of them. Default: none do. */
  readonly fanOut?: Pick<FanOutGate, "begin" | "choice" | "starting" | "nextAt">;
  /**
   * From when on one task of an account may start although its reserve is reached, because its
   * figures cannot be renewed; null: not at all.
   */
  letThroughAt?(account: string): number | null;
  /** Claims and starts these tasks; resolves when the claims are durable. */
  startTasks(taskIds: readonly number[]): Promise<void>;
}

export class Scheduler implements Service {
  readonly #options: SchedulerOptions;
  #unsubscribe: (() => void) | null = null;
  #round: Promise<void> | null = null;
  #again = false;
  #hasShortenedWaits = false;
  /** Failed rounds since the last successful one. */
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  /** When a budget opens that keeps a task from starting; null: none does. */
  #budgetTurn: number | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#unsubscribe !== null) return;
    this.#unsubscribe = this.#options.store.onCommit(() => this.wake());
    this.wake();
  }

  /** Starts no more tasks. Resolves when the current round has ended. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#setTimer(null);
    await this.#round;
  }

  /** Checks whether a task may start. Cheap when none may. */
  wake(): void {
    if (this.#unsubscribe === null) return;
    this.#again = true;
    this.#round ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    while (this.#again && this.#unsubscribe !== null) {
      this.#again = false;
      try {
        await this.#startWhatMay(this.#options.now());
        this.#failures = 0;
      } catch (error) {
        this.#options.log.error({ error: messageOf(error) }, "tasks could not be started");
        this.#tryLater();
        break;
      }
    }
    // Cleared synchronously: a wake in a later turn would find a round that does not check again.
    this.#round = null;
  }

  /** Schedules another round after a failure; no commit may come to wake the scheduler. */
  #tryLater(): void {
    const delayMs = Math.min(firstRetryMs * 2 ** this.#failures, longestTimerMs);
    this.#failures += 1;
    this.#setTimer(this.#options.now() + delayMs);
  }

  /**
   * @param now one moment for the whole round. A task that falls due between two reads of the clock
   * would be neither startable nor next.
   */
  async #startWhatMay(now: number): Promise<void> {
    const { store, workers } = this.#options;
    this.#budgetTurn = null;
    if (!this.#hasShortenedWaits) await this.#shortenWaits(now);
    await this.#proceedAnswered(now);
    const counts = store.tasks.counts();
    if (counts.pending === 0) return this.#setTimer(null);
    await this.#options.settleReserve?.(now);
    const holding = await this.#holding(now);
    const holdEnds = earliest(holding.map(({ until }) => until));
    const held = this.#parts(
      holding.filter((hold) => !isOfReserve(hold)),
      holding,
    );
    if (held === "all") return this.#setTimer(holdEnds);
    const reserves = holding.filter(isOfReserve);
    const reserved = this.#reserved(reserves, holding);
    const { leaving, staying } = this.#options.slotsOfWaiting?.() ?? { leaving: 0, staying: 0 };
    const free = workers - counts.running - leaving - staying;
    if (free <= 0) return this.#setTimer(leaving === 0 ? null : now + leavingLookMs);
    this.#options.fanOut?.begin();
    const { ids, refused, isShort } = await this.#carried(now, free, { held, reserved });
    const turns = this.#turns(reserves);
    for (const { account, at } of turns)
      if (at <= now && ids.length < free) {
        const others = this.#reserved(
          reserves.filter(({ scope }) => accountIn(scope) !== account),
          holding,
        );
        ids.push(...(await this.#letThrough(now, { account, held, reserved: others }, ids)));
      }
    this.#options.fanOut?.starting(ids);
    if (ids.length > 0) await this.#options.startTasks(ids);
    if (ids.length === free) return this.#setTimer(null);
    // Claude Code's own list of trusted directories may change without a commit.
    const later = refused ? now + longestTimerMs : null;
    const through = earliest(turns.map(({ at }) => at).filter((at) => at > now));
    const look = isShort ? now + lookAgainMs : null;
    const next = this.#options.fanOut?.nextAt ?? null;
    this.#setTimer(earliest([holdEnds, store.tasks.nextStartAt(now), later, through, look, next]));
  }

  /** Those of the tasks that may start which the machine can carry. */
  async #carried(
    now: number,
    free: number,
    held: Pick<StartableOptions, "held" | "reserved">,
  ): Promise<{ readonly ids: number[]; readonly refused: boolean; readonly isShort: boolean }> {
    const { resources, store } = this.#options;
    if (resources === undefined) return { ...this.#startable(now, free, held), isShort: false };
    resources.begin();
    const ids: number[] = [];
    // Each further look leaves out the tasks of a disk that was found full.
    for (let looks = 1; ; looks += 1) {
      const { ids: best, refused } = this.#startable(now, free, held);
      const fresh = best.filter((id) => !ids.includes(id)).slice(0, free - ids.length);
      const carried = await resources.admit(fresh, store.tasks.counts().running + ids.length);
      ids.push(...carried.ids);
      if (!carried.isDiskFull || looks === mostLooks) return { ids, refused, isShort: carried.isHeld };
    }
  }

  /** What holds block, by profile and model. @param every all holds in force. */
  #parts(holds: readonly Hold[], every: readonly Hold[]): ReturnType<typeof heldTasks> {
    const { account, profiles = [defaultProfile], whenHeld } = this.#options;
    return heldTasks(holds, { account, profiles, ...(whenHeld === undefined ? {} : { whenHeld }) }, every);
  }

  /** The same of the reserve, which is always that of an account. */
  #reserved(reserves: readonly Hold[], every: readonly Hold[]): readonly HeldPart[] {
    const parts = this.#parts(reserves, every);
    return parts === "all" ? [] : parts;
  }

  /** When one task of each account may start although the reserve is reached (UTC ms). */
  #turns(reserves: readonly Hold[]): { readonly account: string; readonly at: number }[] {
    const accounts = new Set(reserves.map(({ scope }) => accountIn(scope) ?? ""));
    return [...accounts].flatMap((account) => {
      const at = this.#options.letThroughAt?.(account) ?? null;
      return at === null ? [] : [{ account, at }];
    });
  }

  /**
   * The best task of the account that the reserve alone keeps from starting. Its answers bring new
   * figures. @param others what is held, and reserved of other accounts.
   */
  async #letThrough(
    now: number,
    { account, ...others }: { readonly account: string } & Required<Pick<StartableOptions, "held" | "reserved">>,
    starting: readonly number[],
  ): Promise<number[]> {
    const { store, log } = this.#options;
    const { ids } = this.#startable(now, starting.length + 1, others);
    const id = ids.find((each) => !starting.includes(each));
    if (id === undefined) return [];
    await store.write(() => store.accounts.letThrough(account, now));
    log.info({ task: id }, "one task starts although the reserve is reached: its figures are old");
    return [id];
  }

  /**
   * Gives free slots to tasks whose runner was kept and whose questions have answers, ahead of all
   * others.
   */
  async #proceedAnswered(now: number): Promise<void> {
    const { store } = this.#options;
    if (store.tasks.counts().waiting === 0) return;
    const ids = this.#proceedable(store.questions.readyToProceed(mostReady), now);
    if (ids.length === 0) return;
    // Chosen again in the write: a limit that was set a moment ago counts.
    await store.write(() => this.#proceedable(ids, now).forEach((id) => store.tasks.transition(id, "proceed", now)));
  }

  /** Those of the tasks that have an answer which free slots, groups and rights let proceed now. */
  #proceedable(ready: readonly number[], now: number): number[] {
    const { store, workers, mayStart } = this.#options;
    const free = workers - store.tasks.counts().running;
    const lanes = store.groups.lanes(now);
    const ids: number[] = [];
    for (const id of ready) {
      if (ids.length >= free) break;
      if ((mayStart?.(id) ?? true) && mayProceed(store, lanes, id)) ids.push(id);
    }
    this.#budgetTurn = lanes.nextTurn;
    return ids;
  }

  /**
   * Shortens waits that began in the future. Done once per server: the clock does not go back while
   * a server runs, but it may go back between two servers.
   */
  async #shortenWaits(now: number): Promise<void> {
    const { store, log } = this.#options;
    const shortened = await store.write(() => store.tasks.shortenWaits(now) + store.holds.shortenWaits(now));
    if (shortened > 0) log.warn({ waits: shortened }, "the clock was set back: waits of tasks and holds are shortened");
    this.#hasShortenedWaits = true;
  }

  /**
   * The best tasks that may start, without tasks that lack the rights, and without tasks of agents
   * whose limit is reached.
   */
  #startable(now: number, free: number, held: Pick<StartableOptions, "held" | "reserved">): { ids: number[]; refused: boolean } {
    const { store, agentWorkers = null, mayStart } = this.#options;
    const lanes = store.groups.lanes(now);
    let refused = false;
    // Tasks of agents whose limit is reached: others may take their place.
    for (const overLimit = new Set<number>(); ;) {
      const siblings = this.#options.fanOut?.choice();
      const best = store.tasks.startable(now, free, {
        ...held,
        lanes,
        mayStart: (id) => {
          if (overLimit.has(id) || this.#options.resources?.skips(id) === true || siblings?.waits(id) === true) return false;
          const may = mayStart?.(id) ?? true;
          if (may) siblings?.take(id);
          else refused = true;
          return may;
        },
      });
      this.#budgetTurn = earliest([this.#budgetTurn, lanes.nextTurn]);
      const ids = agentWorkers === null ? best : store.agentTasks.withinLimit(best, agentWorkers);
      if (ids.length === best.length) return { ids, refused };
      for (const id of best) if (!ids.includes(id)) overLimit.add(id);
    }
  }

  /** The holds in force for the accounts of all profiles. Lifts expired holds first. */
  async #holding(now: number): Promise<Hold[]> {
    const { store, account, profiles = [defaultProfile] } = this.#options;
    const active = store.holds.active();
    const over = active.filter(({ until }) => until !== null && until <= now);
    if (over.length > 0) {
      await store.write(() => over.forEach(({ kind, scope }) => store.holds.lift(kind, scope)));
      this.#options.log.info({ holds: over.map(({ kind }) => kind) }, "holds lifted by themselves");
    }
    const accounts = profiles.map((profile) => account(profile));
    return active.filter((hold) => accounts.some((each) => isInForce(hold, each, now)));
  }

  #setTimer(moment: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const at = earliest([moment, this.#budgetTurn]);
    if (at === null || this.#unsubscribe === null) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(0, at - this.#options.now()), longestTimerMs));
  }
}

/**
 * A task that has waited for its answer has its locks; its group may be full by now, or a budget of
 * it spent.
 */
function mayProceed(store: Store, lanes: Lanes, id: number): boolean {
  const task = store.tasks.row(id);
  if (task?.status !== "waiting" || lanes.continueBlock(task, id) !== null) return false;
  lanes.take(task, id);
  return true;
}

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}
