/**
 * Selects the pending tasks that may start, best first. Uses two partial indexes: one of the ready
 * tasks, one of the tasks that wait for a time.
 */
import type Database from "better-sqlite3";
import { inStartingOrder, steppedBackMs } from "../../domain/order/admission.ts";
import type { TaskStore } from "../store.ts";

interface Place {
  readonly id: number;
  readonly priority: number;
}

interface DuePlace extends Place {
  readonly answeredAt: number | null;
  readonly notBefore: number | null;
  readonly refusals: number;
}

/**
 * Leaves out the tasks of the models in a JSON array; `default` stands for tasks that name no model
 * (domain/order/scope.ts).
 */
const notHeld = "NOT EXISTS (SELECT 1 FROM json_each(@held) AS held WHERE instr(lower(coalesce(tasks.model, 'default')), held.value) > 0)";

/** The queries for the next tasks to start, on one connection. */
export function createStartingOrder(database: Database.Database): Pick<TaskStore, "startable" | "pendingOf" | "nextStartAt" | "ahead"> {
  const selectReady = (condition: string) =>
    database.prepare<{ limit: number; held: string }, DuePlace>(
      `SELECT id, priority, refusals, NULL AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_ready
       WHERE status = 'pending' AND not_before IS NULL AND ${condition} ORDER BY priority DESC, id LIMIT @limit`,
    );
  const selectDue = (condition: string) =>
    database.prepare<{ now: number; limit: number; held: string }, DuePlace>(
      `SELECT id, priority, refusals, not_before AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_delayed
       WHERE status = 'pending' AND not_before <= @now AND ${condition}
       ORDER BY (refusals > 0 AND not_before + ${steppedBackMs} > @now), priority DESC, id LIMIT @limit`,
    );
  const selectAnswered = (condition: string) =>
    database.prepare<{ now: number; limit: number; held: string }, DuePlace>(
      `SELECT id, priority, refusals, not_before AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_answered
       WHERE status = 'pending' AND answered_at IS NOT NULL AND (not_before IS NULL OR not_before <= @now) AND ${condition}
       ORDER BY (refusals > 0 AND not_before IS NOT NULL AND not_before + ${steppedBackMs} > @now), priority DESC, id LIMIT @limit`,
    );
  const queries = (condition: string) => ({
    answered: selectAnswered(condition),
    ready: selectReady(condition),
    due: selectDue(condition),
  });
  const all = queries("@held = '[]'");
  const left = queries(notHeld);
  const selectNext = database
    .prepare<[number], number | null>(
      "SELECT min(not_before) FROM tasks INDEXED BY tasks_delayed WHERE status = 'pending' AND not_before > ?",
    )
    .pluck();
  const selectPlace = database.prepare<[number], Place>("SELECT id, priority FROM tasks WHERE id = ?");
  const before = "(priority > @priority OR (priority = @priority AND id < @id))";
  const countReady = database
    .prepare<[Place], number>(
      `SELECT (SELECT count(*) FROM tasks INDEXED BY tasks_ready
               WHERE status = 'pending' AND not_before IS NULL AND priority > @priority)
            + (SELECT count(*) FROM tasks INDEXED BY tasks_ready
               WHERE status = 'pending' AND not_before IS NULL AND priority = @priority AND id < @id)`,
    )
    .pluck();
  const countDelayed = database
    .prepare<[Place], number>(
      `SELECT count(*) FROM tasks INDEXED BY tasks_delayed WHERE status = 'pending' AND not_before IS NOT NULL AND ${before}`,
    )
    .pluck();
  const countOfModels = database
    .prepare<{ held: string }, number>(`SELECT count(*) FROM tasks WHERE status = 'pending' AND NOT ${notHeld}`)
    .pluck();
  return {
    pendingOf: (models) => countOfModels.get({ held: JSON.stringify(models) }) ?? 0,
    startable: (now, limit, heldModels = []) => {
      const { answered, ready, due } = heldModels.length === 0 ? all : left;
      const held = JSON.stringify(heldModels);
      const first = answered.all({ now, limit, held });
      // An answered task is also among the others when it stands high enough there.
      const others = [...ready.all({ limit, held }), ...due.all({ now, limit, held })].filter(({ answeredAt }) => answeredAt === null);
      return [...first, ...others]
        .toSorted((a, b) => inStartingOrder(a, b, now))
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
