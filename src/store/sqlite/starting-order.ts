/**
 * Selects the pending tasks that may start, best first. Uses two partial indexes: one of the ready
 * tasks, one of the tasks that wait for a time.
 */
import type Database from "better-sqlite3";
import { inStartingOrder, steppedBackMs } from "../../domain/order/admission.ts";
import { wholeProfiles } from "../../domain/order/held.ts";
import type { HeldPart } from "../../domain/order/held.ts";
import { Lanes } from "../../domain/order/lanes.ts";
import { defaultProfile } from "../../domain/task/profile.ts";
import { bySpot } from "../../domain/order/place.ts";
import type { Spot } from "../../domain/order/place.ts";
import { Heap } from "./heap.ts";
import { beforeAll } from "./lane-heads.ts";
import type { LaneHead, LaneHeads } from "./lane-heads.ts";
import type { TaskStore } from "../store.ts";

interface DuePlace extends Spot {
  readonly lane: string;
  readonly answeredAt: number | null;
  readonly notBefore: number | null;
  readonly refusals: number;
}

/**
 * Leaves out the tasks of the parts in a JSON array (domain/order/held.ts); `default` stands for
 * tasks that name no model. Every name has an empty text in it.
 */
const notHeld = `NOT EXISTS (SELECT 1 FROM json_each(@held) AS held WHERE (held.value ->> 0) = coalesce(tasks.profile, '${defaultProfile}')
  AND instr(lower(coalesce(tasks.model, 'default')), held.value ->> 1) > 0
  AND (held.value ->> 2 IS NULL OR (tasks.resumable = 1 AND tasks.session_id IS NOT NULL)))`;

/** How many of the best tasks are looked at before lanes are looked at one by one. */
const firstWindow = 64;
/** How many answered tasks are looked at then. */
const mostAnswered = 1000;
/** How many tasks of a lane are read at once. */
const lanePage = 32;
const freeLanes = new Lanes(new Map(), new Map(), new Map());

interface Admitting {
  readonly heads: LaneHeads;
  readonly lanes: Lanes;
  readonly mayStart: (id: number) => boolean;
}

/** A lane that is read. */
interface ReadLane {
  readonly head: LaneHead;
  /** Its next task. */
  readonly least: DuePlace;
  readonly rest: Iterator<DuePlace, undefined>;
}

/**
 * Takes the tasks that groups, locks and `mayStart` allow, in this order.
 * @param admitting.lanes are taken.
 */
function admitted(places: Iterable<DuePlace>, limit: number, { heads, lanes, mayStart }: Admitting): number[] {
  const ids: number[] = [];
  if (limit === 0) return ids;
  for (const { id, lane } of places) {
    const needs = heads.needsOf(lane);
    if (!lanes.isOpen(needs) || !mayStart(id)) continue;
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
export function createStartingOrder(
  database: Database.Database,
  heads: LaneHeads,
): Pick<TaskStore, "startable" | "pendingOf" | "pendingProfiles" | "nextStartAt" | "ahead"> {
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
  // Asked once for a connection; later lanes are noted by the writes that make them.
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
  for (const lane of selectLanes.all()) heads.note(lane, beforeAll);
  const selectInLane = database.prepare<Spot & { lane: string; limit: number; held: string }, DuePlace>(
    `SELECT id, lane, rank, place, refusals, NULL AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_ready_in_lane
     WHERE ${waits} AND not_before IS NULL AND lane = @lane AND (rank, place, id) > (@rank, @place, @id)
       AND (@held = '[]' OR ${notHeld}) ORDER BY rank, place, id LIMIT @limit`,
  );
  const selectAllDue = database.prepare<{ now: number; held: string }, DuePlace>(
    `SELECT id, lane, rank, place, refusals, not_before AS "notBefore", answered_at AS "answeredAt" FROM tasks INDEXED BY tasks_delayed
     WHERE ${waits} AND not_before <= @now AND (@held = '[]' OR ${notHeld})`,
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

  /**
   * The tasks of the lanes that are open, best first, read as they are asked for.
   * @param lanes may be taken meanwhile: then no more tasks of a lane come that they close.
   */
  function* inOpenLanes(
    now: number,
    { held, closed }: { readonly held: string | null; readonly closed: ReadonlySet<string> },
    lanes: Lanes,
    ignoring: readonly DuePlace[],
  ): Generator<DuePlace> {
    if (held === null) return yield* ignoring;
    const byOrder = (a: DuePlace, b: DuePlace): number => inStartingOrder(a, b, now);
    const isOpen = ({ lane }: DuePlace): boolean => lanes.isOpen(heads.needsOf(lane));
    const answered = (held === "[]" ? all : left).answered.all({ now, limit: mostAnswered, held });
    const sources = [
      answered.filter(isOpen).toSorted(byOrder).values(),
      selectAllDue.all({ now, held }).filter(isOpen).toSorted(byOrder).values(),
      ignoring.values(),
      readyInLanes(held, closed, lanes),
    ];
    const firsts = sources.flatMap((source) => {
      const { value } = source.next();
      return value === undefined ? [] : [{ source, value }];
    });
    const seen = new Set<number>();
    while (firsts.length > 0) {
      const first = firsts.reduce((least, each) => (byOrder(each.value, least.value) < 0 ? each : least));
      // An answered task is in its lane, too.
      if (!seen.has(first.value.id)) yield first.value;
      seen.add(first.value.id);
      const { value } = first.source.next();
      if (value === undefined) firsts.splice(firsts.indexOf(first), 1);
      else first.value = value;
    }
  }

  /** The ready tasks of open lanes in the order of the queue. Reads few of them. */
  function* readyInLanes(held: string, closed: ReadonlySet<string>, lanes: Lanes): Generator<DuePlace, undefined> {
    const all = heads.open(lanes);
    const open = closed.size === 0 ? all : all.filter(({ needs }) => !closed.has(needs.profile));
    // The heads themselves stand for lanes that were not read: thousands of objects cost more.
    const queue = new Heap<LaneHead | ReadLane>(open, (one, other) => bySpot(one.least, other.least));
    for (let next = queue.first(); next !== undefined; next = queue.first()) {
      const read = "rest" in next ? next : null;
      const head = "rest" in next ? next.head : next;
      if (!lanes.isOpen(head.needs)) {
        queue.dropFirst();
        continue;
      }
      if (read !== null) yield read.least;
      const rest = read?.rest ?? tasksOfLane(head.lane, held);
      const { value: least } = rest.next();
      if (read === null && held === "[]") noteHead(head, least);
      if (least === undefined) queue.dropFirst();
      else queue.replaceFirst({ head, least, rest });
    }
    return undefined;
  }

  function noteHead(head: LaneHead, first: DuePlace | undefined): void {
    if (first === undefined) heads.forget(head);
    else head.least = { id: first.id, rank: first.rank, place: first.place };
  }

  function* tasksOfLane(lane: string, held: string): Generator<DuePlace, undefined> {
    for (let after: Spot | undefined = beforeAll, size = 1; after !== undefined; size = lanePage) {
      const { rank, place, id }: Spot = after;
      const page: DuePlace[] = selectInLane.all({ lane, rank, place, id, limit: size, held });
      yield* page;
      after = page.length < size ? undefined : page.at(-1);
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
  const countPending = database.prepare<[], number>("SELECT count FROM status_counts WHERE status = 'pending'").pluck();
  const ofProfiles = "INDEXED BY tasks_of_profiles WHERE status = 'pending' AND profile IS NOT NULL";
  const selectProfiles = database.prepare<[], { name: string; count: number }>(
    `SELECT profile AS name, count(*) AS count FROM tasks ${ofProfiles} GROUP BY profile`,
  );

  function pendingOf(parts: readonly HeldPart[]): number {
    const whole = wholeProfiles(parts);
    const ofModels = parts.filter(([profile]) => !whole.has(profile));
    const named = selectProfiles.all();
    const others = named.reduce((sum, { count }) => sum + count, 0);
    const ofDefault = whole.has(defaultProfile) ? (countPending.get() ?? 0) - others : 0;
    const ofWhole = named.filter(({ name }) => whole.has(name)).reduce((sum, { count }) => sum + count, ofDefault);
    return ofWhole + (ofModels.length === 0 ? 0 : (countOfModels.get({ held: JSON.stringify(ofModels) }) ?? 0));
  }

  /** The parts as the queries take them; null: every pending task is in them. */
  function leftOut(parts: readonly HeldPart[], whole: ReadonlySet<string>): string | null {
    const isAll = whole.has(defaultProfile) && selectProfiles.all().every(({ name }) => whole.has(name));
    return isAll ? null : JSON.stringify(parts);
  }

  return {
    pendingOf,
    pendingProfiles: () => selectProfiles.all().map(({ name }) => name),
    startable: (now, limit, { held: heldParts = [], reserved = [], lanes = freeLanes, mayStart = () => true } = {}) => {
      if (lanes.everythingBlock() !== null) return [];
      const closed = wholeProfiles([...heldParts, ...reserved]);
      const held = leftOut([...heldParts, ...reserved], closed);
      const byPlace = (a: DuePlace, b: DuePlace): number => inStartingOrder(a, b, now);
      const ignoring = reserved.length === 0 ? [] : selectIgnoring.all({ now, held: JSON.stringify(heldParts) }).toSorted(byPlace);
      // Where nothing is blocked, the first look is enough. It would read all tasks of a held
      // profile.
      const windows = held !== null && closed.size > 0 ? [] : limit < firstWindow ? [limit, firstWindow] : [limit];
      for (const window of windows) {
        const places = best(now, window, held);
        const isAll = places.length < window;
        const found = admitted(withIgnoring(places, ignoring, isAll, byPlace), limit, { heads, lanes: lanes.copy(), mayStart });
        if (found.length === limit || isAll) return found;
      }
      // The best tasks are blocked: those of each open lane are looked at instead.
      const taken = lanes.copy();
      return admitted(inOpenLanes(now, { held, closed }, taken, ignoring), limit, { heads, lanes: taken, mayStart });
    },
    nextStartAt: (now) => selectNext.get(now) ?? null,
    ahead: (id) => {
      const spot = selectSpot.get(id);
      return spot === undefined ? 0 : (countReady.get(spot) ?? 0) + (countDelayed.get(spot) ?? 0);
    },
  };
}
