import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { workflowCheck, workflowRun } from "../../../src/contract/operations/workflows.ts";
import type { realApi } from "../../../testing/real-api.ts";
import { person, workflows } from "../../../testing/workflow-runs.ts";

const prompts = async (api: ReturnType<typeof realApi>["api"], id: number | string) =>
  (await api.getTask({ id: Number(id) })).rendered_prompt;

test("a workflow runs its tasks in order, with inputs and results in their prompts", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id, name, status, tasks } = await run(
    `
name: release
inputs:
  version: { type: string }
  dry: false
tasks:
  build: { prompt: "Build {{ inputs.version }}" }
  test: { prompt: "Test it, {{ needs.build.result }}", needs: build, model: opus }
  publish: { prompt: Publish, needs: [test], if: inputs.dry == false }
  rehearse: { prompt: Rehearse, needs: [test], if: inputs.dry }
`,
    { version: "2.4" },
  );
  assert.deepEqual(
    [name, status, tasks.map(({ key, needs }) => [key, needs])],
    [
      "release",
      "running",
      [
        ["build", []],
        ["test", ["build"]],
        ["publish", ["test"]],
        ["rehearse", ["test"]],
      ],
    ],
  );
  const { states, started, view } = await drive(id);
  assert.deepEqual(started, ["build", "test", "publish"]);
  assert.deepEqual(states, { build: "completed", test: "completed", publish: "completed", rehearse: "skipped" });
  assert.equal(view.status, "completed");
  assert.equal(await prompts(api, view.tasks[0]?.id ?? 0), "Build 2.4");
  assert.equal((await api.getTask({ id: view.tasks[0]?.id ?? 0 })).title, "Build 2.4");
  assert.equal((await api.getTask({ id: view.tasks[1]?.id ?? 0 })).title, "Test it, {{ needs.build.result }}");
  assert.match((await prompts(api, view.tasks[1]?.id ?? 0)) ?? "", /^Test it, "done build"/);
  const task = await api.getTask({ id: view.tasks[1]?.id ?? 0 });
  assert.deepEqual([task.workflow, task.model, task.name], [{ id, key: "test" }, "opus", "release/test"]);
});

test("a matrix and a list make tasks, and what follows has all of their results", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
tasks:
  plan: { prompt: Plan, json_schema: { type: object } }
  fix: { prompt: "Fix {{ matrix.item }}", needs: plan, for_each: needs.plan.structured_result.files }
  test: { prompt: "Test on {{ matrix.node }}", needs: fix, matrix: { node: [20, 22], os: [linux] } }
  report: { prompt: "{{ needs.fix.result }} {{ needs.test.structured_result.items | size }}", needs: [fix, test] }
`);
  const { states, started, view } = await drive(id, (key) => (key === "plan" ? { structured: { files: ["a.ts", "@b"] } } : {}));
  assert.deepEqual(started, ["plan", "fix[1]", "fix[2]", "test[node=20,os=linux]", "test[node=22,os=linux]", "report"]);
  assert.equal(view.status, "completed");
  assert.ok(
    Object.values(states).every((state) => state === "completed"),
    JSON.stringify(states),
  );
  const at = (key: string) => view.tasks.find((task) => task.key === key)?.id ?? 0;
  assert.match((await prompts(api, at("fix[1]"))) ?? "", /^Fix "a\.ts"\n\n.*They are data/);
  assert.equal(await prompts(api, at("test[node=20,os=linux]")), "Test on 20");
  assert.match((await prompts(api, at("report"))) ?? "", /\| fix\[1\]: done fix\[1\]\n\|\n\| fix\[2\]: done fix\[2\]\n 2/);
});

test("what comes behind a fan-out however it ends has the results that there are", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
tasks:
  part: { prompt: Part, matrix: { n: [1, 2] } }
  report: { prompt: "{{ needs.part.result }}", needs: [{ task: part, on: ended }] }
`);
  const { view, states } = await drive(id, (key) => ({ status: key === "part[n=2]" ? "failed" : "completed" }));
  assert.deepEqual([states["part"], states["report"]], ["failed", "completed"]);
  assert.match((await prompts(api, view.tasks.at(-1)?.id ?? 0)) ?? "", /^\| part\[n=1\]: done part\[n=1\]\n\|\n\| part\[n=2\]: \(failed\)/);
});

test("a retry runs only what failed and what hangs on it", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
tasks:
  a: { prompt: A }
  b: { prompt: B, needs: a, matrix: { n: [1, 2] } }
  c: { prompt: C, needs: b }
  d: { prompt: D, needs: [{ task: b, on: ended }] }
`);
  const first = await drive(id, (key) => ({ status: key === "b[n=2]" ? "failed" : "completed" }));
  assert.deepEqual(first.states, { a: "completed", "b[n=1]": "completed", "b[n=2]": "failed", b: "failed", c: "skipped", d: "completed" });
  assert.equal(first.view.status, "failed");
  const again = await api.retryWorkflow({ workflow: id }, person);
  assert.equal(again.status, "running");
  const second = await drive(id);
  assert.deepEqual(second.started, ["b[n=2]", "c"]);
  assert.equal(second.view.status, "completed");
  await assert.rejects(api.retryWorkflow({ workflow: id }, person), /nothing to run again/);
  await api.removeWorkflow({ workflow: id }, person);
  await assert.rejects(api.getWorkflow({ workflow: id }), { code: "not_found" });
});

test("a retry of a cancelled run keeps the order of its tasks", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
tasks:
  last: { prompt: Last, needs: fix }
  fix: { prompt: "Fix {{ matrix.item }}", needs: plan, for_each: needs.plan.structured_result.files }
  plan: { prompt: Plan, json_schema: { type: object } }
`);
  const untilFix = drive(id, (key) => {
    if (key.startsWith("fix")) throw new Error("it stops here");
    return { structured: { files: ["a", "b"] } };
  });
  await assert.rejects(untilFix, /it stops here/);
  const cancelled = await api.cancelWorkflow({ workflow: id }, person);
  assert.deepEqual(
    cancelled.tasks.map(({ key, status }) => `${key} ${status}`),
    ["last cancelled", "fix cancelled", "plan completed", "fix[1] cancelled", "fix[2] cancelled"],
  );
  await api.retryWorkflow({ workflow: id }, person);
  const { started, view } = await drive(id);
  assert.deepEqual([started, view.status], [["fix[1]", "fix[2]", "last"], "completed"]);
});

test("a run is retried once its tasks are cancelled, and not before", async (t) => {
  const { run, tell, api } = workflows(t);
  const { id, tasks } = await run("tasks: { a: { prompt: A }, b: { prompt: B, needs: a } }");
  await tell(Number(tasks[0]?.id), "session", { session_id: "s", model: "m" });
  await api.cancelWorkflow({ workflow: id }, person);
  await assert.rejects(api.retryWorkflow({ workflow: id }, person), { code: "conflict", message: /still being cancelled/ });
});

test("a failure stops the run where the file says so", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
on_failure: stop
concurrency: 1
tasks:
  a: { prompt: A }
  b: { prompt: B }
  c: { prompt: C, needs: b }
`);
  assert.deepEqual(
    (await api.listGroups()).groups.map(({ name, limit }) => [name, limit]),
    [[`workflow-${id}`, 1]],
  );
  const first = await drive(id, (key) => ({ status: key === "a" ? "failed" : "completed" }));
  assert.equal(first.view.status, "failed");
  assert.deepEqual(first.states["c"], "skipped");
  await api.retryWorkflow({ workflow: id }, person);
  assert.equal((await drive(id)).view.status, "completed");
});

test("an approval waits for a person, and no agent gives it", async (t) => {
  const { run, drive, api } = workflows(t);
  const { id } = await run(`
inputs: { version: "1" }
tasks:
  ask: { approval: "Publish {{ inputs.version }}?" }
  publish: { prompt: Publish, needs: ask }
`);
  const first = await drive(id);
  assert.deepEqual(first.states, { ask: "waiting", publish: "pending" });
  const [question] = (await api.listQuestions({ status: ["open"] })).questions;
  assert.equal(question?.text, "Publish 1?");
  const agent: Caller = { ...person, agent: { client: "claude", toolUseId: null } };
  await assert.rejects(api.answerQuestion({ id: question?.id ?? 0, decision: "allow" }, agent), { code: "forbidden" });
  await api.answerQuestion({ id: question?.id ?? 0, decision: "deny", message: "not today" }, person);
  const denied = await drive(id);
  assert.deepEqual(denied.states, { ask: "failed", publish: "skipped" });
  await api.retryWorkflow({ workflow: id }, person);
  await drive(id);
  const open = (await api.listQuestions({ status: ["open"] })).questions;
  await api.answerQuestion({ id: open[0]?.id ?? 0, decision: "allow" }, person);
  assert.equal((await drive(id)).view.status, "completed");
});

test("a cancel ends every task of the run", async (t) => {
  const { run, api } = workflows(t);
  const { id } = await run("tasks: { a: { prompt: A }, b: { prompt: B, needs: a } }");
  const cancelled = await api.cancelWorkflow({ workflow: id }, person);
  assert.equal(cancelled.status, "cancelled");
  assert.deepEqual(
    cancelled.tasks.map(({ status }) => status),
    ["cancelled", "cancelled"],
  );
});

test("a broken file is refused with line and column, and what was meant", async (t) => {
  const { check, run, api } = workflows(t);
  const refused = async (file: string, pattern: RegExp): Promise<void> =>
    await assert.rejects(check(file), (error: Error) => pattern.test(error.message) || assert.fail(error.message));
  await refused("tasks:\n  a: { prompt: x\n", /^w\.yaml:\d+:\d+: /);
  await refused("tasks:\n  a:\n    promt: x\n", /^w\.yaml:3:5: tasks\.a: "promt" is not known; did you mean "prompt"\?/);
  await refused("taks: {}\n", /^w\.yaml:1:1: "taks" is not known; did you mean "tasks"\?|tasks/);
  await refused("tasks: { a: { prompt: x, needs: b }, b: { prompt: x, needs: a } }", /makes a cycle: a → b → a/);
  await refused("tasks: { build: { prompt: x }, b: { prompt: x, needs: biuld } }", /did you mean "build"\?/);
  await refused(
    `tasks: { a: { prompt: x, matrix: { n: [${Array.from({ length: 257 }, (_, n) => n).join(",")}] } } }`,
    /257 combinations, and at most 256/,
  );
  await assert.rejects(run("inputs: { v: { type: string } }\ntasks: { a: { prompt: x } }"), /needs "v"\. Give --input v=…/);
  await refused("tasks: { a: { prompt: x, model: 5 } }", /^w\.yaml:1:\d+: tasks\.a\.model/);
  await refused("tasks: { a: { needs: [] } }", /has no prompt/);
  await refused(
    "concurrency: 2\ntasks: { a: { prompt: x, group: g } }",
    /^w\.yaml:2:26: tasks\.a\.group: has a group, and so has each run/,
  );
  await refused("a: &a [*a]\ntasks: {}", /w\.yaml/);
  await refused(
    "on: push\ntasks: { a: { prompt: x } }",
    /^w\.yaml:1:1: "on" is not known; here: workflow run, or a schedule, starts a run\.$/,
  );
  await refused("tasks: { a: { prompt: x, timeout-minutes: 5 } }", /"timeout-minutes" is not known; here: timeout_ms\.$/);
  for (const [condition, hint] of [
    ["inputs.a && inputs.b", /Write and, or, not\./],
    ["always()", /said in needs: \[\{ task: KEY, on: failed \}\], or on: ended\./],
    ["startsWith(inputs.a, 'x')", /no functions and parentheses/],
  ] as const)
    await refused(`inputs: { a: x, b: y }\ntasks: { a: { prompt: x, if: "${condition}" } }`, hint);
  await refused("", /^w\.yaml:1:1: the file must be names with values, and is empty\.$/);
  await refused("tasks: [a]", /tasks: must be names with values, and is a list\.$/);
  await refused("tasks: { a b: { prompt: x } }", /tasks\.a b: must begin with a letter/);
  await refused("tasks: { a: { prompt: x, max_turns: 0 } }", /max_turns: must be at least 1\.$/);
  await refused(
    'inputs: { files: [a] }\ntasks: { a: { prompt: x, matrix: { f: "{{ inputs.files }}" } } }',
    /matrix\.f: must be a list, and is a text; a list of an input or of another task is for_each: inputs\.NAME\.$/,
  );
  await refused("tasks: { a: { prompt: x, needs: [{ taks: a }] } }", /"taks" is not known; did you mean "task"\?/);
  await refused("tasks: { a: { prompt: x, needs: [{ task: a, on: fail }] } }", /on: must be completed, ended or failed\.$/);
  await refused("tasks:\n  a:\n    prompt: fix: it\n", /^w\.yaml:3:13: .*: put a text with ": " in it into quotes\.$/);
  const many = (count: number) => Array.from({ length: count }, (_, n) => `  t${n}: { prompt: x }\n`).join("");
  await refused(`tasks:\n${many(1001)}`, /has 1001 tasks, and a run has at most 1000\.$/);
  const wide = Array.from({ length: 250 }, (_, n) => n).join(",");
  await refused(
    `tasks:\n${["a", "b", "c", "d"].map((key) => `  ${key}: { prompt: x, matrix: { n: [${wide}] } }\n`).join("")}`,
    /makes 1004 tasks, and a run has at most 1000\.$/,
  );
  await assert.rejects(run("tasks: { a: { prompt: '{{ needs.b.result }}' } }"), /needs\.b\.result/);
  await assert.rejects(run("tasks: { a: { prompt: '{{ inputs.b }}' } }"), /there is no input/);
  assert.deepEqual((await api.listWorkflows()).workflows, []);
});

test("a check of a file finds values that there are not", async (t) => {
  const { check } = workflows(t);
  const refused = async (task: string, pattern: RegExp): Promise<void> =>
    await assert.rejects(check(`inputs: { v: x }\ntasks:\n  a: { prompt: x }\n  b: ${task}\n`), (error: Error) => {
      assert.match(error.message, /^w\.yaml:4:3: tasks\.b: /);
      return pattern.test(error.message) || assert.fail(error.message);
    });
  await refused("{ prompt: '{{ inputs.w }}' }", /\{\{ inputs\.w \}\} has no value: there is no input "w"\.$/);
  await refused("{ prompt: '{{ needs.a.result }}' }", /names "a", and no task that it runs after has this name/);
  await refused("{ prompt: '{{ needs.a.structured_result.x }}', needs: a }", /task a .* has no json_schema/);
  await refused("{ prompt: '{{ matrix.n }}', matrix: { m: [1] } }", /there is no value of the matrix "n"/);
  await refused("{ prompt: x, if: publish }", /if: publish names no value: inputs\.NAME/);
  await refused(
    "{ prompt: x, needs: a, if: 'inputs.v == \"needs.c.x\" and needs.a.statu == 1' }",
    /if: needs\.a\.statu names "statu".*did you mean "status"\?$/,
  );
  await refused("{ prompt: x, needs: a, for_each: needs.a.structured_result.files }", /for_each: .* has no json_schema/);
  await refused("{ prompt: x, for_each: inputs.v, if: matrix.item }", /there is no value of the matrix/);
  await refused("{ prompt: x, model: '{{ needs.a.result }}', needs: a }", /options can only name inputs/);
  await refused("{ approval: 'Publish {{ inputs.w }}?' }", /there is no input "w"/);
  const sound = await check(
    "inputs: { v: x }\ntasks: { a: { prompt: '{{ inputs.v }}', if: inputs.v == \"x\" }, b: { prompt: x, if: 'true' } }",
  );
  assert.equal(sound.tasks.length, 2);
});

test("a file is checked without its inputs, and they are named", async (t) => {
  const { check, run } = workflows(t);
  const inputs =
    "inputs: { v: { type: string }, n: { type: number }, l: { type: list }, b: { type: boolean }, c: { choices: [x, y] }, d: 1, e: [x] }";
  const { needs_inputs: needs, tasks } = await check(`
${inputs}
tasks:
  a: { prompt: "{{ inputs.v }} {{ inputs.n }}", if: inputs.b, model: "{{ inputs.c }}" }
  b: { prompt: "{{ matrix.item }}", for_each: inputs.l }
  c: { prompt: "{{ matrix.item }}", for_each: inputs.e }
`);
  assert.deepEqual([needs, tasks.length], [["v", "n", "l", "b", "c"], 3]);
  await assert.rejects(check(`${inputs}\ntasks: { a: { prompt: "{{ inputs.w }}" } }`), /there is no input/);
  const choices = "inputs: { node: { choices: [20, 22] } }\ntasks: { a: { prompt: x } }";
  assert.equal((await run(choices, { node: "22" })).status, "running");
  await assert.rejects(run(choices, { node: "24" }), /"node" is one of 20, 22, and not "24"/);
});

test("a file runs another file, whose tasks come between", async (t) => {
  const { api, corner, drive } = workflows(t);
  const file = `
tasks:
  a: { prompt: A }
  sub: { workflow: ./sub.yaml, needs: a, with: { what: all } }
  z: { prompt: Z, needs: sub }
`;
  const files = {
    "sub.yaml": "inputs: { what: { type: string } }\ntasks: { x: { prompt: 'X {{ inputs.what }}' }, y: { prompt: Y, needs: x } }",
  };
  const checked = await api.validateWorkflow(workflowCheck.parse({ file }), person);
  assert.deepEqual(checked.needs_files, ["sub.yaml"]);
  const { id } = await api.runWorkflow(workflowRun.parse({ file, files, working_directory: corner.work }), person);
  const { started, view } = await drive(id);
  assert.deepEqual(started, ["a", "sub/x", "sub/y", "z"]);
  assert.equal(view.status, "completed");
});

test("a failure that stops the run cancels approvals that wait, and a retry asks again", async (t) => {
  const { run, drive, api, store } = workflows(t);
  const { id } = await run(`
on_failure: stop
tasks:
  ask: { approval: "Publish?" }
  check: { prompt: Check }
  build: { prompt: Build, needs: check }
  publish: { prompt: Publish, needs: [ask, build] }
`);
  const first = await drive(id, (key) => ({ status: key === "build" ? "failed" : "completed" }));
  assert.deepEqual(first.states, { ask: "cancelled", check: "completed", build: "failed", publish: "skipped" });
  assert.equal(first.view.status, "failed");
  assert.deepEqual((await api.listQuestions({ status: ["open"] })).questions, []);
  const ask = await api.getTask({ id: first.view.tasks[0]?.id ?? 0 });
  assert.deepEqual([ask.error?.code, ask.waiting_for], ["workflow_stopped", null]);
  assert.match(ask.error?.message ?? "", /^The workflow stops, because its task build \(3\) failed\./);
  assert.equal(store.events.ofTask(Number(ask.id), 0, 100).filter(({ type }) => type === "ended").length, 1);
  await api.retryWorkflow({ workflow: id }, person);
  assert.equal((await drive(id)).states["ask"], "waiting");
  const [question] = (await api.listQuestions({ status: ["open"] })).questions;
  await api.answerQuestion({ id: question?.id ?? 0, decision: "allow" }, person);
  assert.equal((await drive(id)).view.status, "completed");
});

test("names that stand twice or would be lost are refused, also among very many", async (t) => {
  const { check } = workflows(t);
  const many = (fields: (place: number) => string): string =>
    `tasks:\n${Array.from({ length: 10_000 }, (_, place) => `  ${fields(place)}`).join("\n")}`;
  await assert.rejects(check(many((place) => `a${place}: 1`)), /w\.yaml:2:3: tasks\.a0: must be names with values/);
  await assert.rejects(check(many(() => "a: 1")), /w\.yaml:3:3: Map keys must be unique: the same name stands here twice/);
  await assert.rejects(check('tasks: { a: { prompt: x }, "__proto__": { prompt: y } }'), /1:28: "__proto__" cannot be a name/);
  await assert.rejects(check(`tasks: ${"[".repeat(10_000)}`), /Lists and maps are nested too deeply/);
  await assert.rejects(check("tasks: { a: { prompt: x } }\n---\ntasks: {}"), /The file has several documents/);
});
