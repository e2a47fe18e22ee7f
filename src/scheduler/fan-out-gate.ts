/**
 * Lets tasks of a fan-out that begin with the same prompt start after the first of them has its
 * first answer, or after a time. Kept in memory: after a restart the next one is the first. It has
 * no timer of its own.
 */
import { cacheKeptMs, fanOutBlock, fanOutOf, prefixOf } from "../domain/order/fan-out.ts";
import type { FanOutBlock } from "../domain/order/fan-out.ts";
import type { Store } from "../store/store.ts";

/** A prompt that other tasks have kept in the cache is looked at again after this time. */
const lookAgainMs = 60_000;

export interface FanOutGateOptions {
  readonly store: Pick<Store, "tasks" | "workflows" | "agentTasks">;
  /** The others start so long after the first at the latest, ms; more than 0. */
  readonly staggerMs: number;
  now(): number;
}

/** Tasks of one fan-out with the same beginning, once one of them has started. */
interface Family {
  readonly firstId: number;
  /** Turns and attempts of the first one before its start. */
  readonly turns: number;
  readonly attempts: number;
  /** When the others start at the latest (UTC ms). */
  readonly until: number;
  /** Whether the others may start. */
  isOpen: boolean;
  /** The one that started last, and until when the cache is known to have the prompt (UTC ms). */
  lastId: number;
  keptUntil: number;
}

export interface FanOutChoice {
  /** Whether the task waits for another one, which has started or was taken. */
  waits(id: number): boolean;
  /** The task is chosen. */
  take(id: number): void;
}

export class FanOutGate {
  readonly #options: FanOutGateOptions;
  readonly #families = new Map<string, Family>();
  /** The families of tasks that were looked at lately; null: the task belongs to none. */
  readonly #names = new Map<number, string | null>();
  readonly #texts = new Map<string, string>();
  #namesSince = 0;
  /** When the first of those that were left out in this round starts. */
  #nextAt: number | null = null;

  constructor(options: FanOutGateOptions) {
    this.#options = options;
  }

  /** When a task that was left out in this round starts at the latest (UTC ms); null: none was. */
  get nextAt(): number | null {
    return this.#nextAt;
  }

  /** Lets the others follow where the first has answered. Called at the begin of a round. */
  begin(): void {
    const { now, staggerMs } = this.#options;
    const at = now();
    this.#nextAt = null;
    // A task may be edited meanwhile.
    if (this.#namesSince + staggerMs <= at) {
      this.#names.clear();
      this.#texts.clear();
      this.#namesSince = at;
    }
    for (const [name, family] of this.#families) if (this.#isOver(family, at)) this.#families.delete(name);
  }

  /** A choice of tasks, in the order of their starts. */
  choice(): FanOutChoice {
    const { now, staggerMs } = this.#options;
    const first = new Map<string, number>();
    return {
      waits: (id) => {
        const name = this.#nameOf(id);
        const family = this.#families.get(name ?? "");
        // Asked twice for one task, it says the same.
        if (name === null || family?.isOpen === true || (family === undefined && (first.get(name) ?? id) === id)) return false;
        const until = family?.until ?? now() + staggerMs;
        this.#nextAt = Math.min(this.#nextAt ?? until, until);
        return true;
      },
      take: (id) => {
        const name = this.#nameOf(id);
        if (name !== null && !first.has(name)) first.set(name, id);
      },
    };
  }

  /** These tasks start now. */
  starting(ids: readonly number[]): void {
    const { store, now, staggerMs } = this.#options;
    const at = now();
    for (const id of ids) {
      const name = this.#nameOf(id);
      const row = name === null ? null : store.tasks.row(id);
      this.#names.delete(id);
      if (name === null || row === null) continue;
      const family = this.#families.get(name);
      if (family !== undefined) {
        family.lastId = id;
        family.keptUntil = at + cacheKeptMs;
        continue;
      }
      const begun = { firstId: id, turns: row.numTurns ?? 0, attempts: row.attemptCount, until: at + staggerMs, isOpen: false };
      this.#families.set(name, { ...begun, lastId: id, keptUntil: at + cacheKeptMs });
    }
  }

  /** Why a task that nothing else holds up does not start; null: the gate lets it start. */
  blockOf(id: number): FanOutBlock | null {
    const at = this.#options.now();
    // Most of the time no task waits here.
    if ([...this.#families.values()].every(({ isOpen, until }) => isOpen || until <= at)) return null;
    const family = this.#families.get(this.#nameOf(id) ?? "");
    if (family === undefined || family.isOpen || family.until <= at || family.firstId === id) return null;
    return fanOutBlock(family.firstId, family.until, at);
  }

  /** Opens the family where it is time. @returns whether the next task is a first one again. */
  #isOver(family: Family, at: number): boolean {
    const { tasks } = this.#options.store;
    if (!family.isOpen) {
      const first = tasks.row(family.firstId);
      // Without an attempt, the first one was not started.
      if (first === null || first.attemptCount === family.attempts) return true;
      family.isOpen = at >= family.until || first.status !== "running" || (first.numTurns ?? 0) > family.turns;
    }
    if (at < family.keptUntil) return false;
    // What runs reads the prompt with each of its calls.
    const last = tasks.row(family.lastId);
    const isKept = last !== null && (last.endedAt === null ? last.status === "running" : last.endedAt + cacheKeptMs > at);
    if (isKept) family.keptUntil = at + lookAgainMs;
    return !isKept;
  }

  #nameOf(id: number): string | null {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = this.#findName(id);
    this.#names.set(id, name);
    return name;
  }

  #findName(id: number): string | null {
    const { tasks, workflows, agentTasks } = this.#options.store;
    const row = tasks.row(id);
    // A session has a prompt of its own to continue.
    if (row === null || (row.resumable && row.sessionId !== null)) return null;
    const workflowId = workflows.placeOf(id)?.id ?? null;
    // The other steps of a run start no Claude Code.
    if (workflowId !== null && workflows.stepOf(id)?.kind !== "task") return null;
    const rootId = agentTasks.get(id)?.rootId ?? id;
    const fanOut = fanOutOf({ workflowId, rootId: rootId === id ? null : rootId, batch: row.batch });
    const long = fanOut === null ? null : tasks.longOptions(id);
    if (long === null) return null;
    const name = JSON.stringify([fanOut, ...prefixOf({ ...row, ...long })]);
    // A thousand tasks with one long system prompt keep one text.
    const kept = this.#texts.get(name) ?? name;
    this.#texts.set(kept, kept);
    return kept;
  }
}
