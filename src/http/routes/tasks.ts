/** Routes of tasks that are there: read, list, change, remove, cancel, retry, attempts. */
import type { WorkerApi } from "../../contract/api.ts";
import { listQuery, taskChange, taskParams } from "../../contract/queries.ts";
import { retryInput } from "../../contract/retry-input.ts";
import { attemptList, cancelView, taskPage, taskView } from "../../contract/views.ts";
import type { TaskView } from "../../contract/views.ts";
import { etagOf, isKnown, requireMatch } from "../etag.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const tag = "Tasks";
const oneTask = { description: "The task.", schema: taskView };
const matchHeader = {
  name: "If-Match",
  description: "The `ETag` that was read. Somebody else's change since then is `precondition_failed`.",
};

export function taskRoutes(api: WorkerApi): Route[] {
  return [...readRoutes(api), ...changeRoutes(api)];
}

function readRoutes(api: WorkerApi): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/tasks",
      access: "read",
      name: "listTasks",
      tag,
      summary: "List tasks",
      description: "One page; `next_cursor` leads to the next. Long texts (prompt, result) are only in the single task.",
      query: listQuery,
      answers: { 200: { description: "A page of tasks.", schema: taskPage } },
      handle({ query: { label, ...query } }) {
        return { status: 200, json: api.listTasks({ ...query, labels: label === undefined ? undefined : labelsOf(label) }) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/tasks/{id}",
      access: "read",
      name: "getTask",
      tag,
      summary: "Read a task",
      description: "Its `ETag` changes whenever the task changes.",
      params: taskParams,
      headers: [{ name: "If-None-Match", description: "An `ETag` that is known: the answer is 304 while it is still right." }],
      answers: { 200: oneTask, 304: { description: "The task is as it was.", schema: null } },
      handle({ params, request }): Answer {
        const task = api.getTask(params.id);
        const etag = etagOf(task);
        return isKnown(request.headers["if-none-match"], etag)
          ? { status: 304, headers: { etag } }
          : { status: 200, json: task, headers: { etag } };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/tasks/{id}/attempts",
      access: "read",
      name: "listAttempts",
      tag,
      summary: "List a task's attempts",
      params: taskParams,
      answers: { 200: { description: "All attempts, oldest first.", schema: attemptList } },
      handle: ({ params }) => ({ status: 200, json: { attempts: api.listAttempts(params.id) } }),
    }),
  ];
}

function changeRoutes(api: WorkerApi): Route[] {
  return [
    route({
      method: "PATCH",
      path: "/api/v1/tasks/{id}",
      access: "submit",
      name: "updateTask",
      tag,
      summary: "Change a task's name, priority or labels",
      description: "Fields that are left out stay; `labels` replaces all labels.",
      params: taskParams,
      headers: [matchHeader],
      body: taskChange,
      answers: { 200: oneTask },
      problems: ["precondition_failed"],
      async handle({ params, body, caller, request }): Promise<Answer> {
        const check = (task: TaskView): void => requireMatch(request.headers["if-match"], task);
        const task = await api.updateTask(params.id, withoutUndefined(body), caller, check);
        return { status: 200, json: task, headers: { etag: etagOf(task) } };
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/tasks/{id}",
      access: "submit",
      name: "removeTask",
      tag,
      summary: "Remove an ended task with its events and logs",
      description: "A task that has not ended is a `conflict`: cancel it first.",
      params: taskParams,
      answers: { 204: { description: "Removed.", schema: null } },
      problems: ["conflict"],
      async handle({ params, caller }): Promise<Answer> {
        await api.removeTask(params.id, caller);
        return { status: 204 };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/tasks/{id}/cancel",
      access: "submit",
      name: "cancelTask",
      tag,
      summary: "Cancel a task",
      description:
        "The wish is durable when the answer comes (`cancel_requested`); a running task ends soon after. On a full disk a running task is stopped, too; `warning` says that it cannot be stored yet.",
      params: taskParams,
      answers: { 200: { description: "The task.", schema: cancelView } },
      problems: ["conflict"],
      async handle({ params, caller }): Promise<Answer> {
        return { status: 200, json: await api.cancelTask(params.id, caller) };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/tasks/{id}/retry",
      access: "submit",
      name: "retryTask",
      tag,
      summary: "Run an ended task again",
      description:
        "From its beginning, in a new session, with the same prompt; with `resume` where its last session was. Fields that are left out stay as they were.",
      params: taskParams,
      body: retryInput,
      bodyOptional: true,
      answers: { 200: oneTask },
      problems: ["conflict", "untrusted_directory"],
      async handle({ params, body, caller }): Promise<Answer> {
        return { status: 200, json: await api.retryTask(params.id, body, caller) };
      },
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
