/** Routes of tasks that are there: read, list, change, remove, cancel, retry, attempts. */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { TaskView } from "../../contract/views.ts";
import { etagOf, isKnown, requireMatch } from "../request/etag.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function taskRoutes(api: WorkerApi): Route[] {
  return [...readRoutes(api), ...changeRoutes(api)];
}

function readRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.listTasks, ({ query: { label, ...query } }) => {
      return { status: 200, json: api.listTasks({ ...query, labels: label === undefined ? undefined : labelsOf(label) }) };
    }),
    route(operations.getTask, ({ params, request }): Answer => {
      const task = api.getTask(params.id);
      const etag = etagOf(task);
      return isKnown(request.headers["if-none-match"], etag)
        ? { status: 304, headers: { etag } }
        : { status: 200, json: task, headers: { etag } };
    }),
    route(operations.listAttempts, ({ params }) => ({ status: 200, json: { attempts: api.listAttempts(params.id) } })),
  ];
}

function changeRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.updateTask, async ({ params, body, caller, request }): Promise<Answer> => {
      const check = (task: TaskView): void => requireMatch(request.headers["if-match"], task);
      const task = await api.updateTask(params.id, withoutUndefined(body), caller, check);
      return { status: 200, json: task, headers: { etag: etagOf(task) } };
    }),
    route(operations.removeTask, async ({ params, caller }): Promise<Answer> => {
      await api.removeTask(params.id, caller);
      return { status: 204 };
    }),
    route(operations.cancelTask, async ({ params, caller }): Promise<Answer> => {
      return { status: 200, json: await api.cancelTask(params.id, caller) };
    }),
    route(operations.retryTask, async ({ params, body, caller }): Promise<Answer> => {
      return { status: 200, json: await api.retryTask(params.id, body, caller) };
    }),
  ];
}

/** @param pairs `key=value`; a value may hold further equals signs. */
function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** Absent means unchanged; `undefined` must not be taken for a value. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
