/** Lists tasks in pages, newest first. The cursor stays valid while tasks are added and removed. */
import type { ListQuery } from "../../contract/operations/tasks.ts";
import { WorkerError } from "../../domain/errors.ts";
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
    ...(query.cursor === undefined ? {} : { cursorId: readCursor(query.cursor, order) }),
  };
  const rows = store.tasks.list(filter);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, nextCursor: rows.length > limit && last !== undefined ? makeCursor(last.id, order) : null };
}

/** @param pairs `key=value`; a value may hold further equals signs. */
function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

function makeCursor(id: number, order: string): string {
  return Buffer.from(`${order}:${id}`).toString("base64url");
}

function readCursor(cursor: string, order: string): number {
  const [madeFor, id] = Buffer.from(cursor, "base64url").toString("utf8").split(":");
  if (madeFor === order && id !== undefined && /^\d{1,15}$/.test(id)) return Number(id);
  const sentence = "This cursor is not from a list with the same order. Take `next_cursor` of the page before, or leave it out.";
  throw new WorkerError("invalid_input", sentence, [{ pointer: "/cursor", detail: sentence }]);
}
