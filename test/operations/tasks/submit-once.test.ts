import assert from "node:assert/strict";
import { test } from "node:test";
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
