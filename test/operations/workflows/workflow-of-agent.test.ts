import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { workflowRun } from "../../../src/contract/operations/workflows.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { person, workflows } from "../../../testing/workflow-runs.ts";

const prompt =
  "Read the files below src/ of this project and list those without a test beside them. Write the list to the answer. You are done when each file was looked at, and the answer names each.";
const file = `
defaults: { system_prompt: "You are a careful reviewer of tests. Read only files below src/ and test/, change nothing, and stop when each was read." }
tasks:
  list: { prompt: "${prompt}", json_schema: { type: object } }
  each: { prompt: "${prompt} File: {{ matrix.item }}", needs: list, for_each: needs.list.structured_result.files }
  end: { prompt: "${prompt}", needs: each }
`;

test("a list of an agent's workflow is expanded after the agent's task has ended", async (t) => {
  const { api, corner, drive, tell, finish, store } = workflows(t);
  const { id: parent } = await api.submitTask(taskInput.parse({ prompt: "Work", working_directory: corner.work }), person);
  await tell(parent, "text", { text: "I begin." });
  const agent: Caller = { scope: "admin", name: "socket", taskId: parent, agent: { client: "claude-code", toolUseId: null } };
  const { id } = await api.runWorkflow(workflowRun.parse({ file, working_directory: corner.work }), agent);
  await finish(parent);
  const { states, view } = await drive(id, (key) => (key === "list" ? { structured: { files: ["a", "b"] } } : {}));
  assert.deepEqual(states, { list: "completed", each: "completed", end: "completed", "each[1]": "completed", "each[2]": "completed" });
  for (const { id: task } of view.tasks) {
    const row = store.tasks.row(Number(task));
    assert.deepEqual([row?.parentId, row?.depth], [parent, 1]);
    assert.equal(store.agentTasks.get(Number(task))?.rootId, parent);
  }
});
