/** Routes that submit tasks: one, a batch, and the strict entry for machines. All of them take an idempotency key. */
import type { IncomingMessage } from "node:http";
import type { Caller, WorkerApi } from "../../contract/api.ts";
import { batchInput } from "../../contract/queries.ts";
import { maxPromptBytes, taskInput } from "../../contract/task-input.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import { taskList, taskView } from "../../contract/views.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/plain-text.ts";
import { etagOf } from "../etag.ts";
import { route } from "../route.ts";
import type { Answer, AnswerShape, Route } from "../route.ts";

const tag = "Tasks";
/** A prompt of the longest length, with room for JSON's escapes and the other fields. */
const maxSubmitBytes = maxPromptBytes + 1024 * 1024;
const keyHeader = {
  name: "Idempotency-Key",
  description:
    "1-255 printable characters. The same key and body again, within a week, gives the same task; another body is `unprocessable`.",
};
const created: AnswerShape = {
  description: "The task, durable. `Location` names it; `Idempotent-Replayed: true` tells that it was there already.",
  schema: taskView,
};

export function submitRoutes(api: WorkerApi): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/tasks",
      access: "submit",
      name: "submitTask",
      tag,
      summary: "Submit a task",
      description: "The answer comes when the task is durable: it survives any crash from then on.",
      headers: [keyHeader],
      body: taskInput,
      maxBodyBytes: maxSubmitBytes,
      answers: { 201: created },
      problems: ["untrusted_directory", "conflict", "unprocessable"],
      handle: ({ body, caller, request }) => submitOne(api, body, caller, request),
    }),
    route({
      method: "POST",
      path: "/api/v1/mcp/tasks",
      access: "submit",
      name: "submitMachineTask",
      tag,
      summary: "Submit a task that a machine wrote",
      description:
        "As `POST /api/v1/tasks`, but the task must stand alone: a system prompt of 75-500 characters that states role and constraints, a prompt of at least " +
        "150 characters that names a path, an existing and trusted directory. Whoever falls short gets `unprocessable` with a sentence for each fault.",
      headers: [keyHeader],
      body: taskInput,
      maxBodyBytes: maxSubmitBytes,
      answers: { 201: created },
      problems: ["untrusted_directory", "conflict", "unprocessable"],
      handle({ body, caller, request }) {
        api.requireMachineTask(body);
        return submitOne(api, body, asAgent(caller, request), request);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/tasks/batch",
      access: "submit",
      name: "submitTasks",
      tag,
      summary: "Submit up to 100 tasks: all or none",
      description: "Faults name the task by its place, e.g. `/tasks/3/working_directory`.",
      headers: [keyHeader],
      body: batchInput,
      maxBodyBytes: maxSubmitBytes,
      answers: { 201: { description: "The tasks, durable, in the order of the batch.", schema: taskList } },
      problems: ["untrusted_directory", "conflict", "unprocessable"],
      async handle({ body, caller, request }): Promise<Answer> {
        const key = idempotencyKey(request);
        if (key === null) return { status: 201, json: { tasks: await api.submitTasks(body.tasks, caller) } };
        const { tasks, replayed } = await api.submitTasksOnce(body.tasks, key, caller);
        return { status: 201, json: { tasks }, headers: replayHeaders(replayed) };
      },
    }),
  ];
}

/** What a machine submits here is under the guardrails of agents, whoever's token it has. */
function asAgent(caller: Caller, request: IncomingMessage): Caller {
  const client = plainLine(request.headers["user-agent"] ?? "", 80);
  return { ...caller, agent: { client: client === "" ? "an unnamed client" : client, toolUseId: null } };
}

async function submitOne(api: WorkerApi, input: ParsedTaskInput, caller: Caller, request: IncomingMessage): Promise<Answer> {
  const key = idempotencyKey(request);
  const { task, replayed } =
    key === null ? { task: await api.submitTask(input, caller), replayed: false } : await api.submitTaskOnce(input, key, caller);
  return { status: 201, json: task, headers: { location: `/api/v1/tasks/${task.id}`, etag: etagOf(task), ...replayHeaders(replayed) } };
}

function replayHeaders(replayed: boolean): Record<string, string> {
  return replayed ? { "idempotent-replayed": "true" } : {};
}

/** @throws WorkerError invalid_input. */
function idempotencyKey(request: IncomingMessage): string | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key === "string" && /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) return key;
  throw new WorkerError("invalid_input", "The Idempotency-Key must have 1-255 printable ASCII characters, e.g. a UUID.");
}
