import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { listProcesses } from "../../src/processes/process-table.ts";
import { startModel, step } from "../../testing/model.ts";
import type { Script } from "../../testing/model.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

async function setup(
  t: TestContext,
  script: Script,
  { prewarm = false, env = {} }: { prewarm?: boolean; env?: Record<string, string> } = {},
) {
  const place = scratch(t);
  const model = await startModel(t, script);
  const runner = await startRunner(t, { scratch: place, env: { ...model.env(place.home), ...env }, prewarm });
  if (prewarm) await runner.parked();
  return { place, model, runner };
}

test("a cold task runs to its result under the session id that was chosen for it", async (t) => {
  const { runner, model } = await setup(t, { "say hi": [step.text("hello there")] });
  const attempt = runner.start({ prompt: "say hi" });
  const records = await attempt.ended();
  assert.deepEqual(
    records.map((record) => record._n),
    records.map((_, at) => at + 1),
  );
  assert.partialDeepStrictEqual(records[0], {
    type: "worker",
    subtype: "started",
    warm: false,
    resume: false,
    sessionId: attempt.start.sessionId,
    pid: runner.pid,
  });
  assert.partialDeepStrictEqual(resultOf(records), {
    subtype: "success",
    is_error: false,
    result: "hello there",
    session_id: attempt.start.sessionId,
  });
  assert.partialDeepStrictEqual(records.at(-1), { type: "worker", subtype: "ended", thrown: null, stopRequested: null });
  assert.equal(model.requests().length, 1, "no model call of our own");
  assert.equal(runner.messages.at(-1)?.type, "ended");
});

test("a parked Claude Code leaves before commands run, and is not called left over", async (t) => {
  const { runner } = await setup(t, { "say hi": [step.text("hello there")] }, { prewarm: true });
  const attempt = runner.start({ prompt: "say hi", verify: ["true"] }, { baseline: true });
  const records = await attempt.ended();
  const { sessionId } = attempt.start;
  assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: false, sessionId });
  assert.deepEqual([notesOf(records, "swept"), notesOf(records, "cold_start")], [[], []]);
  assert.equal(notesOf(records, "verify_ended").length, 2);
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", session_id: sessionId });
});

test("a parked Claude Code takes a task and brings its own session", async (t) => {
  const { runner, model } = await setup(t, { "say hi": [step.text("hello there")] }, { prewarm: true });
  const attempt = runner.start({
    prompt: "say hi",
    model: "claude-sonnet-5",
    systemPrompt: "Speak like a pirate.",
    permissionMode: "default",
    allow: ["Bash(ls)"],
  });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: true, sessionId: null });
  const session = records[1];
  assert.equal(session?.["subtype"], "session", "the session is known before anything else is");
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "hello there", session_id: session["sessionId"] });
  assert.deepEqual(notesOf(records, "cold_start"), []);
  const [request] = model.requests();
  assert.equal(request?.model, "claude-sonnet-5");
  assert.match(JSON.stringify(request?.body["system"]), /Speak like a pirate/);
  const init = records.find((record) => record["subtype"] === "init");
  assert.equal(init?.["permissionMode"], "default");
});

test("a directory whose settings refuse a parked Claude Code gets a cold one", async (t) => {
  const { runner, place } = await setup(t, { "say hi": [step.text("hello there")] }, { prewarm: true });
  mkdirSync(path.join(place.work, ".claude"));
  writeFileSync(path.join(place.work, ".claude", "settings.json"), JSON.stringify({ env: { SOME_VARIABLE: "1" } }));
  const attempt = runner.start({ prompt: "say hi" });
  const records = await attempt.ended();
  const [refusal] = notesOf(records, "cold_start");
  assert.match(String(refusal?.["reason"]), /project_settings_not_claimable/);
  assert.partialDeepStrictEqual(notesOf(records, "session"), [{ sessionId: attempt.start.sessionId }]);
  assert.equal(records.filter((record) => record.type === "result").length, 1, "the refusal is not a result");
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "hello there", session_id: attempt.start.sessionId });
});

for (const [what, option] of [
  ["a limit of turns", { maxTurns: 5 }],
  ["a budget", { maxBudgetUsd: 10 }],
] as const) {
  test(`a task with ${what} starts cold, and the parked Claude Code goes meanwhile`, async (t) => {
    const steps = [step.bash("until [ -e go ]; do sleep 0.1; done"), step.text("hello there")];
    const { runner, place } = await setup(t, { "say hi": steps }, { prewarm: true });
    const children = async () => (await listProcesses()).filter(({ parent, alive }) => parent === runner.pid && alive);
    const [parked] = await children();
    assert.ok(parked);
    const attempt = runner.start({ prompt: "say hi", allow: ["Bash"], ...option });
    await until("another Claude Code in its place", async () => {
      const now = await children();
      return now.length === 1 && now[0]?.pid !== parked.pid;
    });
    writeFileSync(path.join(place.work, "go"), "");
    const records = await attempt.ended();
    assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: false });
    assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "hello there" });
  });
}

test("the limits of turns and money reach Claude Code", async (t) => {
  const steps: Script = { "many steps": [step.bash("echo 1"), step.bash("echo 2"), step.bash("echo 3"), step.text("done")] };
  const turns = await setup(t, steps);
  assert.partialDeepStrictEqual(resultOf(await turns.runner.start({ prompt: "many steps", maxTurns: 2 }).ended()), {
    subtype: "error_max_turns",
    is_error: true,
  });
  const money = await setup(t, steps);
  assert.partialDeepStrictEqual(resultOf(await money.runner.start({ prompt: "many steps", maxBudgetUsd: 0.011 }).ended()), {
    subtype: "error_max_budget_usd",
    is_error: true,
  });
});

test("a long prompt reaches Claude Code whole", async (t) => {
  const { runner, model } = await setup(t, { "say hi": [step.text("hello")] }, { prewarm: true });
  const prompt = `say hi\n${"ü".repeat(1024 * 1024)}\nthe end`;
  assert.partialDeepStrictEqual(resultOf(await runner.start({ prompt }).ended()), { subtype: "success", result: "hello" });
  const [request] = model.requests();
  assert.ok(JSON.stringify(request?.body.messages).includes(`${"ü".repeat(1000)}\\nthe end`));
});

test("several tool steps do their work and appear in both logs", async (t) => {
  const place = scratch(t);
  const app = path.join(place.work, "app.py");
  const model = await startModel(t, {
    "write an app": [step.write(app, "print(1)\n"), step.edit(app, "print(1)", "print(2)"), step.bash(`cat ${app}`), step.text("done")],
  });
  const runner = await startRunner(t, { scratch: place, env: model.env(place.home) });
  const attempt = runner.start({ prompt: "write an app", allow: ["Bash(cat *)"] });
  const records = await attempt.ended();
  assert.equal(readFileSync(app, "utf8"), "print(2)\n");
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", num_turns: 4 });
  const summary = readFileSync(attempt.start.summary, "utf8");
  assert.match(summary, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[tool:write\] app\.py$/m);
  assert.match(summary, /\[tool:edit\] app\.py/);
  assert.match(summary, /\[result\] success/);
  assert.equal(statSync(attempt.start.summary).mode & 0o777, 0o600);
  assert.deepEqual(notesOf(records, "swept"), []);
});

test("a call that needs a person is denied and noted", async (t) => {
  const { runner } = await setup(t, {
    "try things": [
      step.bash("touch /tmp/never-made-by-claude-worker"),
      step.tool("AskUserQuestion", {
        questions: [
          {
            question: "Which?",
            header: "Which",
            options: [
              { label: "a", description: "a" },
              { label: "b", description: "b" },
            ],
            multiSelect: false,
          },
        ],
      }),
      step.bash("uname"),
      step.bash("id"),
      step.text("done"),
    ],
  });
  const records = await runner
    .start({ prompt: "try things", permissionMode: "default", allow: ["Bash(uname)"], deny: ["Bash(id)"] })
    .ended();
  const denied = notesOf(records, "permission_denied");
  assert.deepEqual(
    denied.map((note) => note["tool"]),
    ["Bash", "AskUserQuestion"],
  );
  assert.match(String(denied[0]?.["reason"]), /There is no user to approve Bash/);
  assert.match(String(denied[1]?.["reason"]), /Decide by yourself/);
  const results = records.filter((record) => record.type === "user").map((record) => JSON.stringify(record["message"]));
  assert.match(results[2] ?? "", /Linux|Darwin/);
  assert.match(results[3] ?? "", /denied/);
});

test("tools that reach out of the task are not offered", async (t) => {
  const { runner } = await setup(t, { "say hi": [step.text("hello")] });
  const records = await runner.start({ prompt: "say hi" }).ended();
  const tools = records.find((record) => record["subtype"] === "init")?.["tools"] as string[];
  assert.ok(tools.includes("Bash"));
  assert.deepEqual(
    tools.filter((tool) => /^(ListAgents|SendMessage|Cron|ScheduleWakeup|RemoteTrigger)/.test(tool)),
    [],
  );
});

test("every permission bypass is explicit and starts cold", async (t) => {
  const { runner, place } = await setup(
    t,
    { "make a file": [step.bash("echo made > ../made"), step.text("done")] },
    { prewarm: true, env: { IS_SANDBOX: "1" } },
  );
  const records = await runner.start({ prompt: "make a file", permissionMode: "bypassPermissions" }).ended();
  assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: false });
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success" });
  assert.equal(readFileSync(path.join(place.directory, "made"), "utf8"), "made\n");
});

test("the agent sees its environment and nothing of the runner's own", async (t) => {
  const { runner, place } = await setup(t, { "show env": [step.bash("env > env.txt"), step.text("done")] }, { env: { LANG: "C.UTF-8" } });
  await runner.start({ prompt: "show env", allow: ["Bash"] }).ended();
  const env = readFileSync(path.join(place.work, "env.txt"), "utf8").split("\n");
  assert.ok(env.includes(`WORKER_TASK_RUNNER=${runner.id}`));
  assert.ok(env.includes("LANG=C.UTF-8"));
  assert.deepEqual(
    env.filter((line) => line.startsWith("CLAUDE_WORKER_")),
    [],
  );
});

for (const [how, env, expected] of [
  ["what rests does not lose its compiled code to a timer", {}, "BUN_GC_TIMER_DISABLE=1"],
  ["the user's own setting of the runtime counts", { BUN_GC_TIMER_DISABLE: "0" }, "BUN_GC_TIMER_DISABLE=0"],
] as const) {
  test(`a parked Claude Code: ${how}`, async (t) => {
    const { runner, place } = await setup(t, { "show env": [step.bash("env > env.txt"), step.text("done")] }, { prewarm: true, env });
    const records = await runner.start({ prompt: "show env", allow: ["Bash"] }).ended();
    assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: true });
    assert.ok(readFileSync(path.join(place.work, "env.txt"), "utf8").split("\n").includes(expected));
  });
}
