/**
 * Routes that submit: one task, a batch, the strict entry for machines, a task of a template, a run
 * of a workflow. All of them take an idempotency key.
 */
import type { IncomingMessage } from "node:http";
import type { WorkerApi } from "../../contract/api.ts";
import type { Caller } from "../../contract/caller.ts";
import { operations } from "../../contract/operations/index.ts";
import { idempotencyKey as idempotencyKeySchema } from "../../contract/operations/submit.ts";
import { parseInput } from "../../contract/parse-input.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import type { TaskView } from "../../contract/views/task.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { etagOf } from "../request/etag.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function submitRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.submitTask, ({ body, caller, request }) => submitOne(api, body, caller, request)),
    route(operations.submitMachineTask, async ({ body, caller, request }) => {
      await api.requireMachineTask(body);
      return await submitOne(api, body, asAgent(caller, request), request);
    }),
    route(operations.submitTasks, async ({ body, caller, request }): Promise<Answer> => {
      const key = idempotencyKey(request);
      if (key === null) return { status: 201, json: await api.submitTasks(body, caller) };
      const { tasks, replayed } = await api.submitTasksOnce(body, key, caller);
      return { status: 201, json: { tasks }, headers: replayHeaders(replayed) };
    }),
    route(operations.runTemplate, async ({ params, body, caller, request }) => {
      const key = idempotencyKey(request);
      const input = { ...params, ...body };
      if (key === null) return answerWith(await api.runTemplate(input, caller), false);
      const { task, replayed } = await api.runTemplateOnce(input, key, caller);
      return answerWith(task, replayed);
    }),
    route(operations.runWorkflow, async ({ body, caller, request }): Promise<Answer> => {
      const key = idempotencyKey(request);
      const { workflow, replayed } =
        key === null ? { workflow: await api.runWorkflow(body, caller), replayed: false } : await api.runWorkflowOnce(body, key, caller);
      return { status: 201, json: workflow, headers: { location: `/api/v1/workflows/${workflow.id}`, ...replayHeaders(replayed) } };
    }),
  ];
}

/** Puts what a machine submits here under the guardrails of agents, whichever token it uses. */
function asAgent(caller: Caller, request: IncomingMessage): Caller {
  const client = plainLine(request.headers["user-agent"] ?? "", 80);
  return { ...caller, agent: { client: client === "" ? "an unnamed client" : client, toolUseId: null } };
}

async function submitOne(api: WorkerApi, input: ParsedTaskInput, caller: Caller, request: IncomingMessage): Promise<Answer> {
  const key = idempotencyKey(request);
  const { task, replayed } =
    key === null ? { task: await api.submitTask(input, caller), replayed: false } : await api.submitTaskOnce(input, key, caller);
  return answerWith(task, replayed);
}

function answerWith(task: TaskView, replayed: boolean): Answer {
  return { status: 201, json: task, headers: { location: `/api/v1/tasks/${task.id}`, etag: etagOf(task), ...replayHeaders(replayed) } };
}

function replayHeaders(replayed: boolean): Record<string, string> {
  return replayed ? { "idempotent-replayed": "true" } : {};
}

/** @throws WorkerError invalid_input. */
function idempotencyKey(request: IncomingMessage): string | null {
  const key = request.headers["idempotency-key"];
  return key === undefined ? null : parseInput(idempotencyKeySchema, key, "The Idempotency-Key");
}
