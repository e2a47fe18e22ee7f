/** Moves pending tasks in the queue. What a move writes stands instead of priority and age. */
import type Database from "better-sqlite3";
import { bySpot, targetText } from "../../domain/order/place.ts";
import type { MoveTarget, Spot } from "../../domain/order/place.ts";
import type { Writing } from "./group-commit.ts";
import type { TaskStore } from "../store.ts";

/** The queue's positions on one connection. */
export function createQueuePlaces(database: Database.Database, writing: Writing): Pick<TaskStore, "spots" | "move" | "exchange"> {
  const pending = "status = 'pending'";
  const spot = "SELECT id, rank, place FROM tasks";
  const select = database.prepare<[number], Spot>(`${spot} WHERE id = ? AND ${pending}`);
  const selectFirst = database.prepare<[], Spot>(`${spot} INDEXED BY tasks_in_order WHERE ${pending} ORDER BY rank, place, id LIMIT 1`);
  const selectLast = database.prepare<[], Spot>(
    `${spot} INDEXED BY tasks_in_order WHERE ${pending} ORDER BY rank DESC, place DESC, id DESC LIMIT 1`,
  );
  const selectBefore = database.prepare<Spot & { except: number }, Spot>(
    `${spot} INDEXED BY tasks_in_order WHERE ${pending} AND id <> @except AND (rank, place, id) < (@rank, @place, @id)
     ORDER BY rank DESC, place DESC, id DESC LIMIT 1`,
  );
  const selectOfRank = database.prepare<[number], Spot>(
    `${spot} INDEXED BY tasks_in_order WHERE ${pending} AND rank = ? ORDER BY rank, place, id`,
  );
  const put = database.prepare<Spot>(`UPDATE tasks SET moved_rank = @rank, moved_place = @place WHERE id = @id`);
  const note = database.prepare<[string, number, number]>("UPDATE tasks SET moved = ?, updated_at = ? WHERE id = ?");

  function place(to: Spot): void {
    writing.touch(to.id);
    put.run(to);
  }

  /** Where the task is to stand; null: it stands there. */
  function spotFor(own: Spot, target: MoveTarget): Spot | null {
    const { id } = own;
    if (target === "front") {
      const first = selectFirst.get();
      return first === undefined || first.id === id ? null : { id, rank: first.rank - 1, place: id };
    }
    if (target === "back") {
      const last = selectLast.get();
      return last === undefined || last.id === id ? null : { id, rank: last.rank + 1, place: id };
    }
    const other = select.get(target.before);
    return other === undefined ? null : spotBefore(own, other);
  }

  function spotBefore(own: Spot, other: Spot): Spot | null {
    const previous = selectBefore.get({ ...other, except: own.id });
    const isThere = bySpot(own, other) < 0 && (previous === undefined || bySpot(previous, own) < 0);
    if (isThere) return null;
    const least = previous?.rank === other.rank ? previous.place : other.place - 2;
    const middle = (least + other.place) / 2;
    if (least < middle && middle < other.place) return { id: own.id, rank: other.rank, place: middle };
    // Between two numbers there is no third one after some fifty moves to the same place.
    for (const [index, each] of selectOfRank.all(other.rank).entries()) place({ ...each, place: index + 1 });
    return spotBefore(select.get(own.id) ?? own, select.get(other.id) ?? other);
  }

  return {
    spots: (ids) => ids.flatMap((id) => select.get(id) ?? []).toSorted(bySpot),
    move: (id, target, now) => {
      writing.mustBeInside();
      const own = select.get(id);
      const to = own === undefined ? null : spotFor(own, target);
      if (to === null) return false;
      place(to);
      note.run(targetText(target), now, id);
      return true;
    },
    exchange: (ids, { id, target }, now) => {
      writing.mustBeInside();
      const spots = ids.flatMap((each) => select.get(each) ?? []).toSorted(bySpot);
      if (spots.every((each, index) => each.id === ids[index])) return false;
      for (const [index, each] of ids.entries()) {
        const to = spots[index];
        if (to !== undefined && to.id !== each) place({ ...to, id: each });
      }
      note.run(targetText(target), now, id);
      return true;
    },
  };
}
