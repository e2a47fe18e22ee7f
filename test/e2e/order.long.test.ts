import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { killAndWait } from "../reliability/setup.ts";
import { worker } from "../../testing/worker.ts";

test("tasks run after others, are skipped, and come back with a retry, over a kill", async (t) => {
  const w = await worker(t, {
    "build it": [step.text("Built.")],
    "review it": [step.text("Reviewed.")],
    "say why": [step.text("Because.")],
  });
  await w.start();
  await w.client.hold({ reason: "the test" });
  const cli = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await w.cli(words);
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    return stdout;
  };
  const run = async (...words: string[]): Promise<number> => Number(await cli("run", ...words));
  const build = await run("build it", "-n", "build");
  const review = await run("review it: {{ needs.build.result }} in {{ user.name }}", "--after", "build");
  const report = await run("review it", "--after", `${review}:ended`);
  const why = await run("say why", "--after", `${build}:failed`);
  const shown = await w.client.getTask({ id: review });
  assert.deepEqual(shown.depends_on, [{ task: build, on: "completed", state: "waiting" }]);
  assert.deepEqual(shown.waiting_for, {
    reason: "dependency",
    message: `It runs after task ${build} (pending).`,
    blocker: `task:${build}`,
    until: null,
  });
  assert.match((await w.cli(["show", String(build)])).stdout, new RegExp(`Before +task ${review}, task ${why}`));

  await w.client.cancelTask({ id: build });
  const skipped = await w.client.getTask({ id: review });
  assert.deepEqual([skipped.status, skipped.error?.code], ["skipped", "dependency_failed"]);
  assert.equal((await w.client.getTask({ id: why })).status, "skipped");
  const waited = await w.cli(["wait", String(review)]);
  assert.equal(waited.code, 1);
  assert.match(waited.stdout + waited.stderr, /skipped/);

  const { pid } = await w.client.server();
  await killAndWait(pid);
  await cli("retry", String(build));
  assert.deepEqual([(await w.client.getTask({ id: review })).status, (await w.client.getTask({ id: why })).status], ["pending", "pending"]);
  await w.client.resume();
  assert.equal((await w.ended(report)).result, "Reviewed.");
  const ended = await Promise.all([build, review, why].map(async (id) => (await w.ended(id)).status));
  assert.deepEqual(ended, ["completed", "completed", "skipped"]);
  const { prompt, rendered_prompt: rendered } = await w.client.getTask({ id: review });
  assert.equal(prompt, "review it: {{ needs.build.result }} in {{ user.name }}");
  assert.match(rendered ?? "", /^review it: "Built\." in \{\{ user\.name \}\}\n\n.*They are data/);
  assert.match((await w.cli(["show", String(review)])).stdout, /Prompt with its values\n {2}review it: "Built\."/);
  await cli("retry", String(why));
  assert.equal((await w.ended(why)).result, "Because.");
});

test("a batch names its own tasks, and a wrong order is refused in words", async (t) => {
  const w = await worker(t, {});
  await w.start();
  await w.client.hold({ reason: "the test" });
  const task = (name: string, depends_on: (string | number)[] = []) => ({
    name,
    prompt: "work",
    working_directory: w.place.work,
    depends_on,
  });
  const { tasks } = await w.client.submitTasks({ tasks: [task("review", ["first"]), task("first")] });
  assert.deepEqual(tasks[0]?.depends_on, [{ task: tasks[1]?.id, on: "completed", state: "waiting" }]);
  const refused = async (tasks: object[], pattern: RegExp): Promise<void> =>
    await assert.rejects(w.client.submitTasks({ tasks: tasks as never }), (error: Error) => pattern.test(error.message));
  await refused([task("a", ["b"]), task("b", ["c"]), task("c", ["a"])], /makes a cycle: a → b → c → a/);
  await refused([task("a", ["a"])], /names the task itself/);
  await refused([task("a", ["nope"])], /no task of the batch has this name/);
  await refused([task("a"), task("a"), task("b", ["a"])], /several tasks of the batch have this name/);
  await refused([task("a", [tasks[0]?.id ?? 0, tasks[0]?.id ?? 0])], /names a task a second time/);
  await refused([task("a", [999])], /names task 999, and there is none/);
});

test("a task starts at its time, and a stashed one when it is put into the queue", async (t) => {
  const w = await worker(t, { "say hi": [step.text("Hi.")] });
  await w.start();
  const cli = async (...words: string[]) => await w.cli(words);
  const stashed = Number((await cli("run", "say hi", "--stash")).stdout);
  const later = Number((await cli("run", "say hi", "--delay", "1h")).stdout);
  assert.equal((await w.client.getTask({ id: later })).waiting_for?.reason, "time");
  const { waiting_for: wait } = await w.client.getTask({ id: stashed });
  assert.deepEqual(
    [wait?.reason, wait?.message],
    ["stashed", `It is put aside. Put it back into the queue: claude-worker enqueue ${stashed}`],
  );
  assert.match((await cli("enqueue", String(stashed))).stdout, /is in the queue/);
  assert.equal((await w.ended(stashed)).result, "Hi.");
  assert.match((await cli("stash", String(stashed))).stderr, /is completed. Only a task that has not started can be put aside/);
  assert.equal((await cli("stash", "--all")).code, 0);
  assert.notEqual((await w.client.getTask({ id: later })).stashed_at, null);
  for (const [words, pattern] of [
    [["--not-before", "25:00"], /--not-before must be a time like 02:00/],
    [["--not-before", "2026-02-30 02:00"], /--not-before must be a time like 02:00/],
    [["--not-before", "02:00", "--delay", "1h"], /both say when the task starts/],
    [["--after", "41:done"], /--after 41:done is not a task/],
    [["--after", "999"], /names task 999, and there is none/],
    [["about {{ tasks.9.result }}", "--after", String(stashed)], /names task 9, and the task does not run after it/],
  ] as const) {
    const { code, stderr } = await cli("run", ...(words[0].startsWith("-") ? ["say hi"] : []), ...words);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, pattern);
  }
});

test("a pending task gets another prompt and options, and a begun one keeps its own", async (t) => {
  const w = await worker(t, { "say hello": [step.text("Hello.")], "say bye": [step.text("Bye.")] });
  await w.start();
  await w.client.hold({ reason: "the test" });
  const { id } = await w.submit("say hello", { allow: ["Read"], labels: { a: "1" } });
  const edited = await w.cli([
    "edit",
    String(id),
    "--prompt",
    "say bye",
    "--allow",
    "Glob",
    "--max-turns",
    "7",
    "--label",
    "b=2",
    "--json",
  ]);
  assert.equal(edited.code, 0, edited.stderr);
  const task = await w.client.getTask({ id });
  assert.deepEqual([task.prompt, task.title, task.max_turns], ["say bye", "say bye", 7]);
  assert.deepEqual([task.allow, task.labels], [["Read", "Glob"], { a: "1", b: "2" }]);
  assert.equal((await w.client.listTasks({ text: "say bye" })).tasks.length, 1);
  const { events } = await w.client.taskEvents({ id });
  assert.deepEqual(events.at(-1)?.data, { by: "socket", changed: ["prompt", "allow", "max_turns"] });
  await w.cli(["edit", String(id), "--delay", "2h"]);
  assert.notEqual((await w.client.getTask({ id })).not_before, null);
  await w.client.updateTask({ id, not_before: null });
  await w.client.resume();
  assert.equal((await w.ended(id)).result, "Bye.");
  const late = await w.cli(["edit", String(id), "--prompt", "more"]);
  assert.deepEqual([late.code, /is completed, and only a pending task can be edited/.test(late.stderr)], [1, true], late.stderr);
  assert.equal((await w.cli(["edit", String(id), "--name", "done"])).code, 0);
  const nothing = await w.cli(["edit", String(id)]);
  assert.match(nothing.stderr, /Nothing to change: give --prompt/);
});

test("a token may change a task only to what it could submit", async (t) => {
  const w = await worker(t, {});
  const { url } = await w.start();
  await w.client.hold({ reason: "the test" });
  const { token } = await w.client.createToken({ name: "ci", scope: "submit" });
  const { id } = await w.submit("wait", {});
  const change = async (body: object): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return (await fetch(`${url}/api/v1/tasks/${id}`, { method: "PATCH", headers, body: JSON.stringify(body) })).status;
  };
  assert.equal(await change({ permission_mode: "bypassPermissions" }), 403);
  assert.equal(await change({ settings: { env: { A: "b" } } }), 403);
  assert.equal(await change({ working_directory: "/" }), 403);
  assert.equal(await change({ prompt: " " }), 400);
  assert.equal(await change({ prompt: "work", model: "opus" }), 200);
  const task = await w.client.getTask({ id });
  assert.deepEqual([task.prompt, task.model, task.permission_mode], ["work", "opus", "acceptEdits"]);
});
