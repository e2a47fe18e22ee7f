/**
 * Lays out a graph as lines of text, as `git log --graph` does: a node a line, and a lane for each
 * node that is still to come and that a drawn one leads to. Pure.
 */

export interface GraphRow {
  /** The node of the line; null: the line only has connections. */
  readonly key: string | null;
  /** The lanes, two columns each. */
  readonly text: string;
  /** The same between this line and the next. */
  readonly below: string;
  /** How many lanes there are. */
  readonly width: number;
}

/** @param keys the nodes, best order first. @param needs what each comes behind; without cycles. */
export function layOut(keys: readonly string[], needs: ReadonlyMap<string, readonly string[]>): GraphRow[] {
  const known = new Set(keys);
  const before = (key: string): string[] => (needs.get(key) ?? []).filter((need) => known.has(need));
  const after = Map.groupBy(
    keys.flatMap((key) => before(key).map((need) => ({ need, key }))),
    ({ need }) => need,
  );
  const lanes = new Lanes();
  return inOrder(keys, before).flatMap((key) => lanes.draw(key, after.get(key)?.map((each) => each.key) ?? []));
}

/** Each node behind those that it needs. */
function inOrder(keys: readonly string[], before: (key: string) => string[]): string[] {
  const placed = new Set<string>();
  const order: string[] = [];
  for (let left = [...keys]; left.length > 0; left = left.filter((key) => !placed.has(key))) {
    const next = left.find((key) => before(key).every((need) => placed.has(need))) ?? left[0] ?? "";
    placed.add(next);
    order.push(next);
  }
  return order;
}

class Lanes {
  /** The node that each lane leads to; null: the lane is free. */
  readonly #lanes: (string | null)[] = [];

  draw(key: string, next: readonly string[]): GraphRow[] {
    const at = this.#laneOf(key);
    this.#lanes[at] = key;
    const text = this.#text((lane) => (lane === at ? "●" : null));
    const width = this.#lanes.length;
    const known = next.filter((each) => this.#lanes.includes(each));
    const [first, ...more] = next.filter((each) => !known.includes(each));
    this.#lanes[at] = first ?? null;
    const joined = known.map((each) => this.#lanes.indexOf(each));
    const opened = more.map((each) => this.#open(each));
    const goesOn = first !== undefined;
    const below = goesOn || next.length > 0 ? this.#text((lane) => (lane === at ? "│" : opened.includes(lane) ? " " : null)) : this.#text();
    const row = { key, text, below, width };
    if (joined.length + opened.length === 0) {
      this.#trim();
      return [row];
    }
    const connections = this.#connections(at, { joined, opened, goesOn });
    const connected = { key: null, text: connections, below: this.#text(), width: this.#lanes.length };
    this.#trim();
    return [row, connected];
  }

  #laneOf(key: string): number {
    const found = this.#lanes.indexOf(key);
    return found === -1 ? this.#open(key) : found;
  }

  #open(key: string): number {
    const free = this.#lanes.indexOf(null);
    const at = free === -1 ? this.#lanes.length : free;
    this.#lanes[at] = key;
    return at;
  }

  #trim(): void {
    while (this.#lanes.at(-1) === null) this.#lanes.pop();
  }

  /** A character a lane, with a blank between. */
  #text(special: (lane: number) => string | null = () => null): string {
    return this.#lanes
      .map((lane, index) => special(index) ?? (lane === null ? " " : "│"))
      .join(" ")
      .trimEnd();
  }

  /** The line from a node's lane to lanes that are there, and to new ones. */
  #connections(at: number, { joined, opened, goesOn }: { joined: number[]; opened: number[]; goesOn: boolean }): string {
    const ends = [...joined, ...opened];
    const [left, right] = [Math.min(at, ...ends), Math.max(at, ...ends)];
    let text = "";
    for (let lane = 0; lane < this.#lanes.length; lane += 1) {
      const isEnd = ends.includes(lane);
      const sides = {
        up: lane === at || joined.includes(lane) || (!isEnd && this.#lanes[lane] !== null),
        down: lane === at ? goesOn : this.#lanes[lane] !== null,
        left: lane > left && lane <= right,
        right: lane >= left && lane < right,
      };
      text += cornerOf(sides) + (sides.right ? "─" : " ");
    }
    return text.trimEnd();
  }
}

interface Sides {
  readonly up: boolean;
  readonly down: boolean;
  readonly left: boolean;
  readonly right: boolean;
}

function cornerOf({ up, down, left, right }: Sides): string {
  return " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"[Number(up) + 2 * Number(down) + 4 * Number(left) + 8 * Number(right)] ?? " ";
}
