/**
 * Lists tasks in pages, by submission or in the order of the queue. The cursor stays valid while
 * tasks are added and removed.
 */
import type { ListQuery } from "../../contract/operations/tasks.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { ListOrder } from "../../domain/task/list-order.ts";
import type { Store, TaskFilter, TaskRow } from "../../store/store.ts";

const defaultLimit = 50;

/** @throws WorkerError invalid_input for an unknown cursor. */
export function listTasks(store: Store, query: ListQuery): { rows: TaskRow[]; nextCursor: string | null } {
  const limit = query.limit ?? defaultLimit;
  const order = query.order ?? "newest";
  const filter: TaskFilter = {
    limit: limit + 1,
    order,
    ...(query.status === undefined ? {} : { statuses: query.status }),
    ...(query.group === undefined ? {} : { group: query.group }),
    ...(query.label === undefined ? {} : { labels: labelsOf(query.label) }),
    ...(query.working_directory === undefined ? {} : { workingDirectory: query.working_directory }),
    ...(query.attention === undefined ? {} : { attention: query.attention }),
    ...(query.text === undefined ? {} : { text: query.text }),
    ...(query.name === undefined ? {} : { namePrefix: query.name }),
    ...(query.created_after === undefined ? {} : { createdAfter: Date.parse(query.created_after) }),
    ...(query.created_before === undefined ? {} : { createdBefore: Date.parse(query.created_before) }),
    ...(query.cursor === undefined ? {} : cursorFilter(query.cursor, order)),
  };
  if (order === "queue") requirePending(query);
  const rows = store.tasks.list(filter);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, nextCursor: rows.length > limit && last !== undefined ? cursorBehind(store, last.id, order) : null };
}

/** @param pairs `key=value`; a value may hold further equals signs. */
function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** @throws WorkerError invalid_input: statuses that are not in the queue. */
function requirePending({ status }: ListQuery): void {
  if (status === undefined || status.every((each) => each === "pending")) return;
  const detail = "is the order of pending tasks: leave the status out";
  throw new WorkerError("invalid_input", `The order queue ${detail}.`, [{ pointer: "/order", detail }]);
}

function cursorBehind(store: Store, id: number, order: ListOrder): string {
  const [spot] = order === "queue" ? store.tasks.spots([id]) : [];
  return Buffer.from([order, id, ...(spot === undefined ? [] : [spot.rank, spot.place])].join(":")).toString("base64url");
}

function cursorFilter(cursor: string, order: ListOrder): Pick<TaskFilter, "cursorId" | "cursorSpot"> {
  const [madeFor, id = "", ...spot] = Buffer.from(cursor, "base64url").toString("utf8").split(":");
  if (madeFor === order && /^\d{1,15}$/.test(id)) {
    if (order !== "queue") return { cursorId: Number(id) };
    const [rank = Number.NaN, place = Number.NaN] = spot.map(Number);
    if (Number.isFinite(rank) && Number.isFinite(place)) return { cursorSpot: { id: Number(id), rank, place } };
  }
  const sentence = "This cursor is not from a list with the same order. Take `next_cursor` of the page before, or leave it out.";
  throw new WorkerError("invalid_input", sentence, [{ pointer: "/cursor", detail: sentence }]);
}
