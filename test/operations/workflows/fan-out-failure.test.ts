import assert from "node:assert/strict";
import { test } from "node:test";
import { retryInput } from "../../../src/contract/retry-input.ts";
import { workflowRun } from "../../../src/contract/operations/workflows.ts";
import { person, workflows } from "../../../testing/workflow-runs.ts";

const failing =
  (...keys: string[]) =>
  (key: string) => ({ status: keys.includes(key) ? ("failed" as const) : ("completed" as const), structured: { files: ["a", "b"] } });

test("a fan-out fails with its tasks, so that what waits for its failure runs", async (t) => {
  const { run, drive } = workflows(t);
  const { id } = await run(`
tasks:
  plan: { prompt: Plan, json_schema: { type: object } }
  fix: { prompt: "Fix {{ matrix.item }}", needs: plan, for_each: needs.plan.structured_result.files }
  check: { prompt: Check, needs: plan, matrix: { n: [1, 2] } }
  why: { prompt: "Why {{ needs.fix.result }}", needs: [{ task: fix, on: failed }] }
  explain: { prompt: Explain, needs: [{ task: check, on: failed }] }
  clean: { prompt: Clean, needs: [{ task: fix, on: ended }], if: needs.fix.status == "failed" }
  publish: { prompt: Publish, needs: [fix, check] }
`);
  const { states, view } = await drive(id, failing("fix[1]", "check[n=2]"));
  assert.deepEqual(
    [states["fix"], states["check"], states["why"], states["explain"], states["clean"], states["publish"]],
    ["failed", "failed", "completed", "completed", "completed", "skipped"],
  );
  assert.equal(view.status, "failed");
});

test("what comes behind a fan-out waits for all of its tasks, also when one fails", async (t) => {
  const { run, drive } = workflows(t);
  const { id } = await run(`
tasks:
  part: { prompt: Part, matrix: { n: [1, 2, 3] } }
  report: { prompt: Report, needs: [{ task: part, on: ended }] }
  why: { prompt: Why, needs: [{ task: part, on: failed }] }
concurrency: 1
`);
  const { started } = await drive(id, failing("part[n=1]"));
  assert.deepEqual(started, ["part[n=1]", "part[n=2]", "part[n=3]", "report", "why"]);
});

test("a retry of one task of a fan-out brings the fan-out and what hangs on it back", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
tasks:
  part: { prompt: Part, matrix: { n: [1, 2] } }
  end: { prompt: End, needs: part }
`);
  const first = await drive(id, failing("part[n=1]", "part[n=2]"));
  assert.deepEqual([first.states["part"], first.states["end"]], ["failed", "skipped"]);
  const at = (key: string) => first.view.tasks.find((task) => task.key === key)?.id ?? 0;
  assert.deepEqual(
    (await api.getTask({ id: at("part") })).error?.message,
    `Tasks ${at("part[n=1]")} and ${at("part[n=2]")} failed, and this task stands for them.`,
  );
  await api.retryTask({ id: at("part[n=1]"), ...retryInput.parse({}) }, person);
  const second = await drive(id);
  assert.deepEqual([second.started, second.states["part"]], [["part[n=1]"], "failed"]);
  await api.retryTask({ id: at("part[n=2]"), ...retryInput.parse({}) }, person);
  const third = await drive(id);
  assert.deepEqual([third.started, third.states["part"], third.view.status], [["part[n=2]", "end"], "completed", "completed"]);
});

test("a stopped run waits for all tasks of a list when it is run again", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
on_failure: stop
concurrency: 1
tasks:
  plan: { prompt: Plan, json_schema: { type: object } }
  fix: { prompt: "Fix {{ matrix.item }}", needs: plan, for_each: needs.plan.structured_result.files }
  end: { prompt: End, needs: fix }
`);
  await drive(id, failing("fix[1]"));
  await api.retryWorkflow({ workflow: id }, person);
  const { started, view } = await drive(id);
  assert.deepEqual([started, view.status], [["fix[1]", "fix[2]", "end"], "completed"]);
});

test("a file that another one runs completes without its task for failures", async (t) => {
  const { api, corner, drive } = workflows(t);
  const files = { "sub.yaml": "tasks: { build: { prompt: B }, explain: { prompt: E, needs: [{ task: build, on: failed }] } }" };
  const file = "tasks: { sub: { workflow: sub.yaml }, end: { prompt: End, needs: sub } }";
  const begin = async () =>
    await api.runWorkflow(workflowRun.parse({ file, path: "w.yaml", files, working_directory: corner.work }), person);
  const green = await drive((await begin()).id);
  assert.deepEqual(green.states, { "sub/build": "completed", "sub/explain": "skipped", sub: "completed", end: "completed" });
  const red = await drive((await begin()).id, failing("sub/build"));
  assert.deepEqual(red.states, { "sub/build": "failed", "sub/explain": "completed", sub: "failed", end: "skipped" });
});
