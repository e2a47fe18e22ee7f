/**
 * Lanes: groups with a limit or a pause, locks and budgets. Decides whether a task may start beside
 * those that run. Pure; the scheduler, each claim and the views ask the same function.
 */
import { everything, groupScope, noBudgets } from "./budget.ts";
import type { BudgetNeeds, BudgetScope, OpenBudgets } from "./budget.ts";
import { Windows } from "./window.ts";
import { defaultProfile } from "../task/profile.ts";

/** What a task needs beside a slot. */
export interface LaneNeeds {
  readonly group: string;
  readonly locks: readonly string[];
  /**
   * The budgets that it counts for, beside that of its group and that of everything. Absent: the
   * lanes look them up by the task's number.
   */
  readonly budgets?: readonly BudgetScope[];
  /** The times of the day in which it may start (window.ts). Absent or null: all. */
  readonly window?: string | null;
  /** The credentials that it runs with. Lanes do not judge them: holds do. Absent: the server's. */
  readonly profile?: string;
}

/** How a group that a person has set stands. Groups that are not set have no limit. */
export interface GroupState {
  /** Most running tasks; null: no limit. */
  readonly limit: number | null;
  readonly isPaused: boolean;
}

/** What keeps a task from starting, beside slots, holds and other tasks. */
export interface LaneBlock {
  readonly reason: "group" | "lock" | "budget" | "time";
  /** `group:nightly`, `lock:db-schema`, `budget:group:nightly:day`. */
  readonly blocker: string;
  /** A sentence for people. */
  readonly message: string;
  /** When it ends by itself (UTC ms). Absent or null: not known. */
  readonly until?: number | null;
}

/** So many locks a task takes at most. */
export const maxLocks = 20;
export const maxLockCharacters = 200;

/** What is wrong with a lock's name, as the end of a sentence; null: nothing. */
export function lockProblem(name: string): string | null {
  return /[\u0000-\u001f\u007f]/.test(name) ? "must have no control characters" : null;
}

/** Begins the names of budgets in a lane's text: no lock has a control character. */
const budgetMark = "\u0001";
/** The same for windows. */
const windowMark = "\u0002";
/** The same for profiles. */
const profileMark = "\u0003";

/** The same text for all tasks that may start under the same conditions. */
export function laneClass({ group, locks, budgets = [], window = null, profile = defaultProfile }: LaneNeeds): string {
  const marked = [
    ...budgets.map((scope) => budgetMark + scope),
    ...(window === null ? [] : [windowMark + window]),
    ...(profile === defaultProfile ? [] : [profileMark + profile]),
  ];
  return JSON.stringify([group, ...[...new Set([...locks, ...marked])].toSorted()]);
}

/** @param text of `laneClass`. */
export function needsOfClass(text: string): Required<LaneNeeds> {
  const [group = "", ...names] = JSON.parse(text) as string[];
  const marked = (mark: string): string[] => names.filter((name) => name.startsWith(mark)).map((name) => name.slice(mark.length));
  const locks = names.filter((name) => ![budgetMark, windowMark, profileMark].some((mark) => name.startsWith(mark)));
  const profile = marked(profileMark)[0] ?? defaultProfile;
  return { group, locks, budgets: marked(budgetMark), window: marked(windowMark)[0] ?? null, profile };
}

/** The budgets while tasks are chosen. */
export interface LaneBudgets {
  readonly open: OpenBudgets;
  /** The budgets of a task, beside that of its group and that of everything. */
  of(taskId: number): readonly BudgetScope[];
}

const withoutBudgets: LaneBudgets = { open: noBudgets, of: () => [] };

/** Which groups are full, which locks are held and which budgets are spent, for one choice. */
export class Lanes {
  readonly #groups: ReadonlyMap<string, GroupState>;
  readonly #running: Map<string, number>;
  readonly #holders: Map<string, number>;
  readonly #budgets: LaneBudgets;
  readonly #windows: Windows;

  /**
   * @param running how many tasks run, by group.
   * @param holders the task that holds a lock, by the lock's name.
   */
  constructor(
    groups: ReadonlyMap<string, GroupState>,
    running: ReadonlyMap<string, number>,
    holders: ReadonlyMap<string, number>,
    budgets: LaneBudgets = withoutBudgets,
    windows: Windows = new Windows(0, "UTC"),
  ) {
    this.#windows = windows;
    this.#budgets = budgets;
    this.#groups = groups;
    this.#running = new Map(running);
    this.#holders = new Map(holders);
  }

  /** The same lanes, to be counted apart. */
  copy(): Lanes {
    return new Lanes(this.#groups, this.#running, this.#holders, { ...this.#budgets, open: this.#budgets.open.copy() }, this.#windows);
  }

  /** What keeps a task with these needs from starting; null: nothing. The budgets come first. */
  blockOf(needs: LaneNeeds, id: number): LaneBlock | null {
    return (
      this.#budgets.open.blockOf(this.#ofBudgets(needs, id)) ??
      this.#windows.blockOf(needs.window ?? null) ??
      this.groupBlock(needs.group) ??
      this.#lockBlock(needs.locks, id)
    );
  }

  /** The same for a task that has begun: it has its locks, and no estimate counts. */
  continueBlock({ group }: LaneNeeds, id: number): LaneBlock | null {
    return this.groupBlock(group) ?? this.#budgets.open.spentBlock([everything, groupScope(group), ...this.#budgets.of(id)]);
  }

  /** What keeps every task from starting; null: nothing. */
  everythingBlock(): LaneBlock | null {
    return this.#budgets.open.everythingBlock();
  }

  /** When the first of these lanes opens by itself that has kept a task from starting (UTC ms). */
  get nextTurn(): number | null {
    const turns = [this.#budgets.open.nextTurn, this.#windows.nextTurn].filter((turn) => turn !== null);
    return turns.length === 0 ? null : Math.min(...turns);
  }

  /** Whether nothing keeps a task with these needs, which does not run, from starting. Cheap. */
  isOpen(needs: Required<LaneNeeds>): boolean {
    return this.isGroupOpen(needs.group) && this.isOpenBesideGroup(needs);
  }

  /** The same where the group is open. */
  isOpenBesideGroup({ group, locks, budgets, window }: Required<LaneNeeds>): boolean {
    if (this.#windows.blockOf(window) !== null) return false;
    if (this.#holders.size > 0 && locks.some((lock) => this.#holders.has(lock))) return false;
    return this.#budgets.open.blockOf({ group, budgets }) === null;
  }

  isGroupOpen(name: string): boolean {
    const group = this.#groups.get(name);
    if (group === undefined) return true;
    return !group.isPaused && (group.limit === null || (this.#running.get(name) ?? 0) < group.limit);
  }

  /** What the group alone keeps from starting. */
  groupBlock(name: string): LaneBlock | null {
    const group = this.#groups.get(name);
    if (group === undefined) return null;
    const blocker = `group:${name}`;
    if (group.isPaused)
      return { reason: "group", blocker, message: `Group ${name} is paused. Let it continue: claude-worker group resume ${name}` };
    const running = this.#running.get(name) ?? 0;
    if (group.limit === null || running < group.limit) return null;
    const message =
      group.limit === 0
        ? `Group ${name} has the limit 0, so none of its tasks starts.`
        : `Group ${name} is full: ${running} running, and its limit is ${group.limit}.`;
    return { reason: "group", blocker, message };
  }

  /** Counts a task as running from now on. */
  take(needs: LaneNeeds, id: number): void {
    const { group, locks } = needs;
    this.#budgets.open.take(this.#ofBudgets(needs, id));
    this.#running.set(group, (this.#running.get(group) ?? 0) + 1);
    for (const lock of locks) this.#holders.set(lock, id);
  }

  #ofBudgets({ group, budgets }: LaneNeeds, id: number): BudgetNeeds {
    return { group, budgets: budgets ?? this.#budgets.of(id) };
  }

  #lockBlock(locks: readonly string[], id: number): LaneBlock | null {
    for (const lock of locks) {
      const holder = this.#holders.get(lock);
      if (holder !== undefined && holder !== id)
        return { reason: "lock", blocker: `lock:${lock}`, message: `Lock ${lock} is held by task ${holder}.` };
    }
    return null;
  }
}
