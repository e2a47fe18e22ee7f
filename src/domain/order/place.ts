/**
 * A pending task's place in the queue: a number that does not change with time, so that an index
 * holds the order. See docs/decisions/0031.
 */

/** A point of priority is worth so long a wait. */
export const pointMs = 86_400_000;

/**
 * Lower starts first. The store computes the same (`tasks.rank`).
 * @param task.queuedAt since when its age counts, UTC milliseconds.
 */
export function rankOf({ queuedAt, priority }: { readonly queuedAt: number; readonly priority: number }): number {
  return queuedAt - priority * pointMs;
}

/** A task's position. Of equal ranks the lower place is first, then the lower id. */
export interface Spot {
  readonly id: number;
  readonly rank: number;
  readonly place: number;
}

export function bySpot(a: Spot, b: Spot): number {
  return a.rank - b.rank || a.place - b.place || a.id - b.id;
}

/** Where a task is moved to: before all, behind all, or before another one. */
export type MoveTarget = "front" | "back" | { readonly before: number };

/** As it is stored and shown: `front`, `back`, `before:41`. */
export function targetText(target: MoveTarget): string {
  return typeof target === "string" ? target : `before:${target.before}`;
}

/** As people read it, at the end of "moved". */
export function movedText(target: string): string {
  const [word = target, task] = target.split(":");
  return task === undefined ? `to the ${word}` : `before task ${task}`;
}

/**
 * The ids in the order after the move.
 * @param ids in their present order, with the one that moves, and the one that it is to precede.
 */
export function reordered(ids: readonly number[], id: number, target: MoveTarget): number[] {
  const others = ids.filter((each) => each !== id);
  const at = target === "front" ? 0 : target === "back" ? others.length : others.indexOf(target.before);
  return at < 0 ? [...ids] : others.toSpliced(at, 0, id);
}
