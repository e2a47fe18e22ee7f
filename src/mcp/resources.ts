/** What a client may read and watch: the list of tasks, a task, a task's log. */
import { ResourceNotFoundError, ResourceTemplate } from "@modelcontextprotocol/server";
import type { McpServer, ReadResourceResult } from "@modelcontextprotocol/server";
import type { WorkerApi } from "../contract/api.ts";
import type { TaskView } from "../contract/views/task.ts";
import { WorkerError } from "../domain/errors.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import { briefOf } from "./brief-task.ts";
import { logExcerpt, taskData } from "./task-data.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

export const tasksUri = "worker://tasks";

export function taskUri(id: TaskRef): string {
  return `${tasksUri}/${id}`;
}

export function logUri(id: TaskRef): string {
  return `${taskUri(id)}/log`;
}

const listed = 20;
const logLines = 500;

export function registerResources(server: McpServer, api: WorkerApi): void {
  server.registerResource(
    "tasks",
    tasksUri,
    { title: "Tasks", description: "The newest tasks, one short entry each.", mimeType: "application/json" },
    async () => {
      const [{ tasks }, { counts }] = await Promise.all([api.listTasks({ limit: 50 }), api.server()]);
      return json(tasksUri, { tasks: tasks.map(briefOf), counts });
    },
  );
  server.registerResource(
    "task",
    new ResourceTemplate("worker://tasks/{id}", {
      list: async () => ({ resources: await recent(api) }),
      complete: { id: (part) => completeTaskId(api, part) },
    }),
    { title: "One task", description: "Its status, cost and result.", mimeType: "application/json" },
    async (uri, { id }) => json(uri.href, taskData(await taskOf(api, uri, id))),
  );
  server.registerResource(
    "task-log",
    new ResourceTemplate("worker://tasks/{id}/log", { list: undefined, complete: { id: (part) => completeTaskId(api, part) } }),
    { title: "A task's log", description: "What its agent did, one line per action, the newest at the end.", mimeType: "text/plain" },
    async (uri, { id }) => {
      const { text } = await logExcerpt(api, (await taskOf(api, uri, id)).id, logLines);
      return { contents: [{ uri: uri.href, mimeType: "text/plain", text }] };
    },
  );
}

/** Ids of the newest tasks that begin with what was typed. */
export async function completeTaskId(api: WorkerApi, part: string): Promise<string[]> {
  const { tasks } = await api.listTasks({ limit: 100 });
  return tasks.map(({ id }) => String(id)).filter((id) => id.startsWith(part));
}

async function recent(api: WorkerApi) {
  const { tasks } = await api.listTasks({ limit: listed });
  return tasks.map((task) => ({
    uri: taskUri(task.id),
    name: `task ${task.id}`,
    title: plainLine(task.name ?? task.title, 80),
    description: task.status,
    mimeType: "application/json",
  }));
}

async function taskOf(api: WorkerApi, uri: URL, id: string | string[] | undefined): Promise<TaskView> {
  const missing = new ResourceNotFoundError(uri.href);
  if (typeof id !== "string" || !/^[1-9]\d{0,14}$/.test(id)) throw missing;
  try {
    return await api.getTask({ id: Number(id) });
  } catch (error) {
    throw error instanceof WorkerError && error.code === "not_found" ? missing : error;
  }
}

function json(uri: string, value: unknown): ReadResourceResult {
  return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify(value) }] };
}
