/** Routes of tasks: submit, read, list, change, remove, cancel, retry, attempts. */
import { z } from "zod";
import type { WorkerApi } from "../../contract/api.ts";
import { listQuery, taskChange, taskParams } from "../../contract/queries.ts";
import { maxPromptBytes, taskInput } from "../../contract/task-input.ts";
import { attemptView, taskPage, taskView } from "../../contract/views.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const tag = "Tasks";
const oneTask = { description: "The task.", schema: taskView };
/** A prompt of the longest length, with room for JSON's escapes and the other fields. */
const maxSubmitBytes = maxPromptBytes + 1024 * 1024;

export function taskRoutes(api: WorkerApi): Route[] {
  return [...submitRoutes(api), ...readRoutes(api), ...changeRoutes(api)];
}

function submitRoutes(api: WorkerApi): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/tasks",
      access: "submit",
      name: "submitTask",
      tag,
      summary: "Submit a task",
      description: "The answer comes when the task is durable: it survives any crash from then on.",
      body: taskInput,
      maxBodyBytes: maxSubmitBytes,
      answers: { 201: { description: "The task, durable. `Location` names it.", schema: taskView } },
      async handle({ body, caller }): Promise<Answer> {
        const task = await api.submitTask(body, caller);
        return { status: 201, json: task, headers: { location: `/api/v1/tasks/${task.id}` } };
      },
    }),
  ];
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
        return { status: 200, json: api.listTasks({ ...query, labels: label }) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/tasks/{id}",
      access: "read",
      name: "getTask",
      tag,
      summary: "Read a task",
      params: taskParams,
      answers: { 200: oneTask },
      handle: ({ params }) => ({ status: 200, json: api.getTask(params.id) }),
    }),
    route({
      method: "GET",
      path: "/api/v1/tasks/{id}/attempts",
      access: "read",
      name: "listAttempts",
      tag,
      summary: "List a task's attempts",
      params: taskParams,
      answers: { 200: { description: "All attempts, oldest first.", schema: z.object({ attempts: z.array(attemptView) }) } },
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
      body: taskChange,
      answers: { 200: oneTask },
      async handle({ params, body, caller }): Promise<Answer> {
        return { status: 200, json: await api.updateTask(params.id, withoutUndefined(body), caller) };
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
      description: "The wish is durable when the answer comes (`cancel_requested`); a running task ends soon after.",
      params: taskParams,
      answers: { 200: oneTask },
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
      params: taskParams,
      answers: { 200: oneTask },
      async handle({ params, caller }): Promise<Answer> {
        return { status: 200, json: await api.retryTask(params.id, caller) };
      },
    }),
  ];
}

/** Absent means unchanged; `undefined` must not be taken for a value. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
