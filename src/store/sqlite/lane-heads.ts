/**
 * Remembers which lanes have pending tasks, and where the first task of each stands at the
 * earliest, so that thousands of closed lanes cost no query. What it says is a bound: the database
 * decides.
 */
import { needsOfClass } from "../../domain/order/lanes.ts";
import type { LaneNeeds, Lanes } from "../../domain/order/lanes.ts";
import { bySpot } from "../../domain/order/place.ts";
import type { Spot } from "../../domain/order/place.ts";

export interface LaneHead {
  readonly lane: string;
  readonly needs: Required<LaneNeeds>;
  /** No ready task of the lane stands before it. */
  least: Spot;
}

/** Stands before every task. */
export const beforeAll: Spot = { rank: -Number.MAX_SAFE_INTEGER, place: 0, id: 0 };

/** The lanes of all groups that need the same beside the group. */
interface Kind {
  readonly needs: Required<LaneNeeds>;
  readonly byGroup: Map<string, LaneHead>;
}

export class LaneHeads {
  readonly #all = new Map<string, LaneHead>();
  readonly #kinds = new Map<string, Kind>();
  /** How many lanes each group has. */
  readonly #groups = new Map<string, number>();

  /** A task of this lane is pending. */
  note(lane: string, spot: Spot): void {
    const known = this.#all.get(lane);
    if (known !== undefined) {
      if (bySpot(spot, known.least) < 0) known.least = spot;
      return;
    }
    const needs = needsOfClass(lane);
    const { group } = needs;
    const head = { lane, needs, least: spot };
    this.#all.set(lane, head);
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1);
    // Without a group: the budget of one group says nothing about the lanes of others.
    const kind = this.#kinds.get(kindOf(needs)) ?? { needs: { ...needs, group: "" }, byGroup: new Map<string, LaneHead>() };
    this.#kinds.set(kindOf(needs), kind);
    kind.byGroup.set(group, head);
  }

  /** The lane has no ready task. */
  forget({ lane, needs }: LaneHead): void {
    const { group } = needs;
    if (!this.#all.delete(lane)) return;
    const left = (this.#groups.get(group) ?? 1) - 1;
    if (left === 0) this.#groups.delete(group);
    else this.#groups.set(group, left);
    const kind = this.#kinds.get(kindOf(needs));
    kind?.byGroup.delete(group);
    if (kind?.byGroup.size === 0) this.#kinds.delete(kindOf(needs));
  }

  needsOf(lane: string): Required<LaneNeeds> {
    return this.#all.get(lane)?.needs ?? needsOfClass(lane);
  }

  /** The lanes whose tasks may start beside what runs. Looks at each group and each kind once. */
  open(lanes: Lanes): LaneHead[] {
    const groups = new Set([...this.#groups.keys()].filter((group) => lanes.isGroupOpen(group)));
    const kinds = groups.size === 0 ? [] : [...this.#kinds.values()].filter(({ needs }) => lanes.isOpenBesideGroup(needs));
    const open: LaneHead[] = [];
    for (const { byGroup } of kinds) {
      for (const group of byGroup.size <= groups.size ? byGroup.keys() : groups) {
        const head = groups.has(group) ? byGroup.get(group) : undefined;
        if (head !== undefined) open.push(head);
      }
    }
    return open;
  }
}

function kindOf({ group: _any, ...needs }: LaneNeeds): string {
  return JSON.stringify(needs);
}
