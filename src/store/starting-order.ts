/** Which pending tasks may start, best first. Two partial indexes answer: one of the ready tasks, one of those that wait for a moment. */
import type Database from "better-sqlite3";
import type { TaskStore } from "./store.ts";

interface Place {
  readonly id: number;
  readonly priority: number;
}

export function createStartingOrder(database: Database.Database): Pick<TaskStore, "startable" | "nextStartAt" | "ahead"> {
  const selectReady = database.prepare<[number], Place>(
    `SELECT id, priority FROM tasks INDEXED BY tasks_ready WHERE status = 'pending' AND not_before IS NULL
     ORDER BY priority DESC, id LIMIT +?`,
  );
  const selectDue = database.prepare<[number, number], Place>(
    `SELECT id, priority FROM tasks INDEXED BY tasks_delayed WHERE status = 'pending' AND not_before <= +?
     ORDER BY priority DESC, id LIMIT +?`,
  );
  const selectNext = database
    .prepare<[number], number | null>(
      "SELECT min(not_before) FROM tasks INDEXED BY tasks_delayed WHERE status = 'pending' AND not_before > ?",
    )
    .pluck();
  const selectPlace = database.prepare<[number], Place>("SELECT id, priority FROM tasks WHERE id = ?");
  const before = "(priority > +@priority OR (priority = +@priority AND id < +@id))";
  const countReady = database
    .prepare<[Place], number>(
      `SELECT (SELECT count(*) FROM tasks INDEXED BY tasks_ready
               WHERE status = 'pending' AND not_before IS NULL AND priority > +@priority)
            + (SELECT count(*) FROM tasks INDEXED BY tasks_ready
               WHERE status = 'pending' AND not_before IS NULL AND priority = +@priority AND id < +@id)`,
    )
    .pluck();
  const countDelayed = database
    .prepare<[Place], number>(
      `SELECT count(*) FROM tasks INDEXED BY tasks_delayed WHERE status = 'pending' AND not_before IS NOT NULL AND ${before}`,
    )
    .pluck();
  return {
    startable: (now, limit) => {
      const ready = selectReady.all(limit);
      const due = selectDue.all(now, limit);
      if (due.length === 0) return ready.map(({ id }) => id);
      return [...ready, ...due]
        .toSorted((a, b) => b.priority - a.priority || a.id - b.id)
        .slice(0, limit)
        .map(({ id }) => id);
    },
    nextStartAt: (now) => selectNext.get(now) ?? null,
    ahead: (id) => {
      const place = selectPlace.get(id);
      return place === undefined ? 0 : (countReady.get(place) ?? 0) + (countDelayed.get(place) ?? 0);
    },
  };
}
