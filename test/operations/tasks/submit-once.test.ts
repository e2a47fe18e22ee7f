import assert from "node:assert/strict";
import { test } from "node:test";
import { templateInput, templateRun } from "../../../src/contract/operations/templates.ts";
import { workflowRun } from "../../../src/contract/operations/workflows.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";

test("a repeated submit is the same whether it names an option's default or not", async (t) => {
  const { api, corner } = realApi(t);
  const person = { scope: "admin", name: "socket" } as const;
  const input = taskInput.parse(goodTask(corner.work));
  const { task } = await api.submitTaskOnce(input, "key", person);
  // As a version parsed it that did not know these options.
  const { additional_directories: _none, attachments: _neither, ...older } = input;
  for (const same of [{ ...input, model: null, settings: null }, older as typeof input])
    assert.partialDeepStrictEqual(await api.submitTaskOnce(same, "key", person), { replayed: true, task: { id: task.id } });
  await assert.rejects(api.submitTaskOnce({ ...input, retries: 1 }, "key", person), { code: "unprocessable" });
});

test("a repeated call of a template gives the first task, also after it changed", async (t) => {
  const { api, corner, store } = realApi(t);
  const person = { scope: "admin", name: "socket" } as const;
  await api.addTemplate(templateInput.parse({ name: "review", prompt: "Review {{ vars.branch }}" }), person);
  const input = { template: "review", ...templateRun.parse({ vars: { branch: "main" }, working_directory: corner.work }) };
  const { task, replayed } = await api.runTemplateOnce(input, "key", person);
  await api.updateTemplate({ template: "review", prompt: "Look at {{ vars.branch }}" }, person);
  const again = await api.runTemplateOnce(input, "key", person);
  assert.deepEqual([replayed, again.replayed, again.task.id, again.task.prompt], [false, true, task.id, "Review {{ vars.branch }}"]);
  await assert.rejects(api.runTemplateOnce({ ...input, vars: { branch: "next" } }, "key", person), { code: "unprocessable" });
  // Keys of other callers, and of other kinds of requests, do not meet by chance.
  const ci = { scope: "submit", name: "token:ci", tokenId: 1 } as const;
  assert.equal((await api.runTemplateOnce(input, "key", ci)).replayed, false);
  await assert.rejects(api.submitTaskOnce(taskInput.parse(goodTask(corner.work)), "key", person), { code: "unprocessable" });
  assert.equal(store.tasks.counts().pending, 2);
});

test("a repeated run of a workflow gives the first run", async (t) => {
  const { api, corner, store } = realApi(t);
  const person = { scope: "admin", name: "socket" } as const;
  const file = "tasks: { a: { prompt: A }, b: { prompt: B, needs: a } }";
  const input = workflowRun.parse({ file, working_directory: corner.work });
  // At once, as a client that sends it again while the first one is under way.
  const runs = await Promise.all([api.runWorkflowOnce(input, "key", person), api.runWorkflowOnce(input, "key", person)]);
  assert.deepEqual(
    [runs.map(({ workflow }) => workflow.id), runs.map(({ replayed }) => replayed)],
    [
      [1, 1],
      [false, true],
    ],
  );
  assert.equal(store.tasks.counts().pending, 2);
  await assert.rejects(api.runWorkflowOnce({ ...input, inputs: { x: 1 } }, "key", person), { code: "unprocessable" });
  await api.cancelWorkflow({ workflow: 1 }, person);
  await api.removeWorkflow({ workflow: 1 }, person);
  await assert.rejects(api.runWorkflowOnce(input, "key", person), { code: "conflict" });
});
