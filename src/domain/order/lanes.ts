/**
 * Lanes: groups with a limit or a pause, and locks. Decides whether a task may start beside those
 * that run. Pure; the scheduler, each claim and the views ask the same function.
 */

/** What a task needs beside a slot. */
export interface LaneNeeds {
  readonly group: string;
  readonly locks: readonly string[];
}

/** How a group that a person has set stands. Groups that are not set have no limit. */
export interface GroupState {
  /** Most running tasks; null: no limit. */
  readonly limit: number | null;
  readonly isPaused: boolean;
}

/** What keeps a task from starting, beside slots, holds and other tasks. */
export interface LaneBlock {
  readonly reason: "group" | "lock";
  /** `group:nightly`, `lock:db-schema`. */
  readonly blocker: string;
  /** A sentence for people. */
  readonly message: string;
}

/** So many locks a task takes at most. */
export const maxLocks = 20;
export const maxLockCharacters = 200;

/** What is wrong with a lock's name, as the end of a sentence; null: nothing. */
export function lockProblem(name: string): string | null {
  return /[\u0000-\u001f\u007f]/.test(name) ? "must have no control characters" : null;
}

/** The same text for all tasks that may start under the same conditions. */
export function laneClass({ group, locks }: LaneNeeds): string {
  return JSON.stringify([group, ...[...new Set(locks)].toSorted()]);
}

/** @param text of `laneClass`. */
export function needsOfClass(text: string): LaneNeeds {
  const [group = "", ...locks] = JSON.parse(text) as string[];
  return { group, locks };
}

/** Which groups are full or paused, and which locks are held, while tasks are chosen. */
export class Lanes {
  readonly #groups: ReadonlyMap<string, GroupState>;
  readonly #running: Map<string, number>;
  readonly #holders: Map<string, number>;

  /**
   * @param running how many tasks run, by group.
   * @param holders the task that holds a lock, by the lock's name.
   */
  constructor(groups: ReadonlyMap<string, GroupState>, running: ReadonlyMap<string, number>, holders: ReadonlyMap<string, number>) {
    this.#groups = groups;
    this.#running = new Map(running);
    this.#holders = new Map(holders);
  }

  /** The same lanes, to be counted apart. */
  copy(): Lanes {
    return new Lanes(this.#groups, this.#running, this.#holders);
  }

  /** What keeps a task with these needs from starting; null: nothing. The group comes first. */
  blockOf(needs: LaneNeeds, id: number): LaneBlock | null {
    return this.groupBlock(needs.group) ?? this.#lockBlock(needs.locks, id);
  }

  /** The same for the group alone: of a task that has its locks already. */
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
  take({ group, locks }: LaneNeeds, id: number): void {
    this.#running.set(group, (this.#running.get(group) ?? 0) + 1);
    for (const lock of locks) this.#holders.set(lock, id);
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
