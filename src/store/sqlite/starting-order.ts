/**
 * Selects the pending tasks that may start, best first. Uses two partial indexes: one of the ready
 * tasks, one of the tasks that wait for a time.
 */
import type Database from "better-sqlite3";
import { inStartingOrder, steppedBackMs } from "../../domain/order/admission.ts";
import { Lanes, needsOfClass } from "../../domain/order/lanes.ts";
import type { Spot } from "../../domain/order/place.ts";
import type { TaskStore } from "../store.ts";

interface DuePlace extends Spot {
  readonly lane: string;
  readonly answeredAt: number | null;
  readonly notBefore: number | null;
  readonly refusals: number;
}

/**
 * Leaves out the tasks of the models in a JSON array; `default` stands for tasks that name no model
 * (domain/order/scope.ts).
 */
const notHeld = "NOT EXISTS (SELECT 1 FROM json_each(@held) AS held WHERE instr(lower(coalesce(tasks.model, 'default')), held.value) > 0)";

/** How many of the best tasks are looked at before lanes are looked at one by one. */
const firstWindow = 64;
/** How many answered tasks are looked at then. */
const mostAnswered = 1000;
/** How many tasks of a lane are read at once. */
const lanePage = 32;
const beforeAll: Spot = { rank: -Number.MAX_SAFE_INTEGER, place: 0, id: 0 };
const freeLanes = new Lanes(new Map(), new Map(), new Map());

interface Admitting {
  readonly lanes: Lanes;
  readonly mayStart: (id: number) => boolean;
}

/** Takes the tasks that groups, locks and `mayStart` allow, in this order. */
function admitted(places: Iterable<DuePlace>, limit: number, { lanes: taken, mayStart }: Admitting): number[] {
  const ids: number[] = [];
  const lanes = taken.copy();
  if (limit === 0) return ids;
  for (const { id, lane } of places) {
    const needs = needsOfClass(lane);
    if (lanes.blockOf(needs, id) !== null || !mayStart(id)) continue;
    lanes.take(needs, id);
    if (ids.push(id) === limit) break;
  }
  return ids;
}

/** Adds the tasks that ignore the reserve. Behind the last place stand tasks that were not read. */
function withIgnoring(
  places: readonly DuePlace[],
  ignoring: readonly DuePlace[],
  isAll: boolean,
  byPlace: (a: DuePlace, b: DuePlace) => number,
): readonly DuePlace[] {
  if (ignoring.length === 0) return places;
  const known = new Set(places.map(({ id }) => id));
  const last = isAll ? undefined : places.at(-1);
  const more = ignoring.filter((each) => !known.has(each.id) && (last === undefined || byPlace(each, last) < 0));
  return [...places, ...more].toSorted(byPlace);
}

/** Pending, with its dependencies met, and in the queue: as the partial indexes say it. */
const waits = "status = 'pending' AND unmet = 0 AND stashed_at IS NULL";

/** The queries for the next tasks to start, on one connection. */
export function createStartingOrder(database: Database.Database): Pick<TaskStore, "startable" | "pendingOf" | "nextStartAt" | "ahead"> {
  const selectReady = (condition: string) =>
    database.prepare<{ limit: number; held: string }, DuePlace>(
      `SELECT id, lane, rank, place, refusals, NULL AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_ready
       WHERE ${waits} AND not_before IS NULL AND ${condition} ORDER BY rank, place, id LIMIT @limit`,
    );
  const selectDue = (condition: string) =>
    database.prepare<{ now: number; limit: number; held: string }, DuePlace>(
      `SELECT id, lane, rank, place, refusals, not_before AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_delayed
       WHERE ${waits} AND not_before <= @now AND ${condition}
       ORDER BY (refusals > 0 AND not_before + ${steppedBackMs} > @now), rank, place, id LIMIT @limit`,
    );
  const selectAnswered = (condition: string) =>
    database.prepare<{ now: number; limit: number; held: string }, DuePlace>(
      `SELECT id, lane, rank, place, refusals, not_before AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_answered
       WHERE ${waits} AND answered_at IS NOT NULL AND (not_before IS NULL OR not_before <= @now) AND ${condition}
       ORDER BY (refusals > 0 AND not_before IS NOT NULL AND not_before + ${steppedBackMs} > @now), rank, place, id LIMIT @limit`,
    );
  const queries = (condition: string) => ({
    answered: selectAnswered(condition),
    ready: selectReady(condition),
    due: selectDue(condition),
  });
  const all = queries("@held = '[]'");
  const left = queries(notHeld);
  // One step of the index for each lane: SQLite has no other way to skip over the tasks of a lane.
  const selectLanes = database
    .prepare<[], string>(
      `WITH RECURSIVE lanes (lane) AS (
         SELECT min(lane) FROM tasks INDEXED BY tasks_ready_in_lane WHERE ${waits} AND not_before IS NULL
         UNION ALL
         SELECT (SELECT min(lane) FROM tasks INDEXED BY tasks_ready_in_lane WHERE ${waits} AND not_before IS NULL AND tasks.lane > lanes.lane)
         FROM lanes WHERE lane IS NOT NULL)
       SELECT lane FROM lanes WHERE lane IS NOT NULL`,
    )
    .pluck();
  const selectInLane = database.prepare<Spot & { lane: string; limit: number; held: string }, DuePlace>(
    `SELECT id, lane, rank, place, refusals, NULL AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_ready_in_lane
     WHERE ${waits} AND not_before IS NULL AND lane = @lane AND (rank, place, id) > (@rank, @place, @id)
       AND (@held = '[]' OR ${notHeld}) ORDER BY rank, place, id LIMIT @limit`,
  );
  const selectDueInLanes = database.prepare<{ closed: string; now: number; held: string }, DuePlace>(
    `SELECT id, lane, rank, place, refusals, not_before AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_delayed
     WHERE ${waits} AND not_before <= @now AND lane NOT IN (SELECT value FROM json_each(@closed)) AND (@held = '[]' OR ${notHeld})`,
  );

  const selectIgnoring = database.prepare<{ now: number; held: string }, DuePlace>(
    `SELECT id, lane, rank, place, refusals, not_before AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_ignoring_reserve
     WHERE ${waits} AND ignore_reserve = 1 AND (not_before IS NULL OR not_before <= @now) AND ${notHeld}`,
  );

  /** The best tasks, whatever their lane, best first. @param held null: all. */
  function best(now: number, limit: number, held: string | null): DuePlace[] {
    if (held === null) return [];
    const { answered, ready, due } = held === "[]" ? all : left;
    const first = answered.all({ now, limit, held });
    // An answered task is also among the others when it stands high enough there.
    const others = [...ready.all({ limit, held }), ...due.all({ now, limit, held })].filter(({ answeredAt }) => answeredAt === null);
    return [...first, ...others].toSorted((a, b) => inStartingOrder(a, b, now)).slice(0, limit);
  }

  /** The tasks of the lanes that are open, best first, read as they are asked for. */
  function* inOpenLanes(now: number, held: string | null, lanes: Lanes, ignoring: readonly DuePlace[]): Generator<DuePlace> {
    if (held === null) return yield* ignoring;
    const known = selectLanes.all();
    const isClosed = (lane: string): boolean => lanes.blockOf(needsOfClass(lane), 0) !== null;
    const closed = known.filter(isClosed);
    const due = selectDueInLanes.all({ closed: JSON.stringify(closed), now, held }).toSorted((a, b) => inStartingOrder(a, b, now));
    const answered = (held === "[]" ? all : left).answered.all({ now, limit: mostAnswered, held });
    const sources = [
      answered.toSorted((a, b) => inStartingOrder(a, b, now)).values(),
      due.values(),
      ignoring.values(),
      ...known.filter((lane) => !isClosed(lane)).map((lane) => tasksOfLane(lane, held)),
    ];
    const heads = sources.flatMap((source) => {
      const { value } = source.next();
      return value === undefined ? [] : [{ source, value }];
    });
    const seen = new Set<number>();
    while (heads.length > 0) {
      const first = heads.reduce((least, head) => (inStartingOrder(head.value, least.value, now) < 0 ? head : least));
      // An answered task is in its lane, too.
      if (!seen.has(first.value.id)) yield first.value;
      seen.add(first.value.id);
      const { value } = first.source.next();
      if (value === undefined) heads.splice(heads.indexOf(first), 1);
      else first.value = value;
    }
  }

  function* tasksOfLane(lane: string, held: string): Generator<DuePlace, undefined> {
    for (let after: Spot | undefined = beforeAll; after !== undefined;) {
      const { rank, place, id }: Spot = after;
      const page: DuePlace[] = selectInLane.all({ lane, rank, place, id, limit: lanePage, held });
      yield* page;
      after = page.length < lanePage ? undefined : page.at(-1);
    }
    return undefined;
  }

  const selectNext = database
    .prepare<[number], number | null>(`SELECT min(not_before) FROM tasks INDEXED BY tasks_delayed WHERE ${waits} AND not_before > ?`)
    .pluck();
  const selectSpot = database.prepare<[number], Spot>("SELECT id, rank, place FROM tasks WHERE id = ?");
  const before = "(rank, place, id) < (@rank, @place, @id)";
  const countReady = database
    .prepare<[Spot], number>(`SELECT count(*) FROM tasks INDEXED BY tasks_ready WHERE ${waits} AND not_before IS NULL AND ${before}`)
    .pluck();
  const countDelayed = database
    .prepare<[Spot], number>(`SELECT count(*) FROM tasks INDEXED BY tasks_delayed WHERE ${waits} AND not_before IS NOT NULL AND ${before}`)
    .pluck();
  const countOfModels = database
    .prepare<{ held: string }, number>(`SELECT count(*) FROM tasks WHERE status = 'pending' AND NOT ${notHeld}`)
    .pluck();
  return {
    pendingOf: (models) => countOfModels.get({ held: JSON.stringify(models) }) ?? 0,
    startable: (now, limit, { heldModels = [], reservedModels = [], lanes = freeLanes, mayStart = () => true } = {}) => {
      if (lanes.everythingBlock() !== null) return [];
      const held = reservedModels === "all" ? null : JSON.stringify([...heldModels, ...reservedModels]);
      const byPlace = (a: DuePlace, b: DuePlace): number => inStartingOrder(a, b, now);
      const ignoring = reservedModels.length === 0 ? [] : selectIgnoring.all({ now, held: JSON.stringify(heldModels) }).toSorted(byPlace);
      // Where nothing is blocked, the first look is enough.
      for (const window of limit < firstWindow ? [limit, firstWindow] : [limit]) {
        const places = best(now, window, held);
        const isAll = places.length < window;
        const found = admitted(withIgnoring(places, ignoring, isAll, byPlace), limit, { lanes, mayStart });
        if (found.length === limit || isAll) return found;
      }
      // The best tasks are blocked: those of each open lane are looked at instead.
      return admitted(inOpenLanes(now, held, lanes, ignoring), limit, { lanes, mayStart });
    },
    nextStartAt: (now) => selectNext.get(now) ?? null,
    ahead: (id) => {
      const spot = selectSpot.get(id);
      return spot === undefined ? 0 : (countReady.get(spot) ?? 0) + (countDelayed.get(spot) ?? 0);
    },
  };
}
