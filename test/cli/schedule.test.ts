/** The verbs of schedules on the command line. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { WorkerClient } from "../../src/client/worker-client.ts";
import { checkSchedules } from "../../src/cli/doctor/schedules.ts";
import type { ServerView } from "../../src/contract/views/server.ts";
import type { ScheduleDetailView } from "../../src/contract/views/schedule.ts";
import { withServer } from "./setup.ts";

const daily = ["--cron", "0 2 * * 1-5", "--tz", "Europe/Berlin"];

test("schedule add reads what stands behind -- as run does, and shows five runs", async (t) => {
  const { call, place, api } = await withServer(t);
  place.workdir("sub");
  place.file("work/review.md", "Review the branch\n");
  const rules = ["--missed", "all", "--overlap", "queue", "--jitter", "10m", "--until", "2199-01-01", "--paused"];
  const line = ["review.md", "--model", "opus", "--label", "night=yes", "--allow", "Read", "Edit", "-n", "triage"];
  const added = (
    await call(["schedule", "add", "triage", ...daily, ...rules, "--json", "--", ...line])
  ).json() as unknown as ScheduleDetailView;
  assert.deepEqual(
    [added.cron, added.time_zone, added.missed, added.overlap, added.jitter_ms, added.paused, added.next_runs.length],
    ["0 2 * * 1-5", "Europe/Berlin", "all", "queue", 600_000, true, 5],
  );
  assert.deepEqual(added.task, {
    prompt: "Review the branch\n",
    working_directory: place.work,
    options: { model: "opus", labels: { night: "yes" }, allow: ["Read", "Edit"], name: "triage" },
  });
  const shown = await call(["schedule", "add", "other", "--every", "6h", "-d", path.join(place.work), "--", "-- dashes"], { columns: 100 });
  assert.match(shown.stderr, /Unknown flag/);
  const other = await call(["schedule", "add", "other", "--every", "6h", "--", "--", "-- dashes"], { columns: 100 });
  assert.match(
    other.stdout,
    /^Schedule other is added: every 6h .*Its next runs:\n(?: {2}\w{3} \d{4}-\d\d-\d\d \d\d:\d\d .*, in .*\n){5}$/,
  );
  assert.equal((await api.getSchedule({ schedule: "other" })).task?.prompt, "-- dashes");
});

test("what is wrong with a schedule is said in one sentence with its flag", async (t) => {
  const { call } = await withServer(t);
  const wrong: readonly [readonly string[], RegExp][] = [
    [["--", "x"], /Say when with one of --cron "0 2 \* \* \*", --every 6h and --at/],
    [["--cron", "@daily", "--every", "6h", "--", "x"], /Say when with one of/],
    [["--cron", "@daily"], /Say what it submits, behind --/],
    [["--cron", "@daily", "x"], /"x" is one word too many\. The prompt and the options of run stand behind --/],
    [["--cron", "@daily", "--model", "opus", "--", "x"], /Unknown flag --model\. Flags of run stand behind --, with the prompt/],
    [["--cron", "@daily", "--", "x", "--modle", "opus"], /Unknown flag --modle\. Did you mean --model\?/],
    [["--cron", "@daily", "--", "x", "--after", "1"], /--after cannot stand behind --\. The schedule says when its runs start/],
    [["--cron", "@daily", "--", "x", "--not-before", "02:00"], /--not-before cannot stand behind --/],
    [["--cron", "@daily", "--", "x", "--template", "review"], /--template cannot stand behind --\. Put it before the --/],
    [["--cron", "@daily", "--template", "review", "--workflow", "w.yaml"], /--template and --workflow both say what is submitted/],
    [["--cron", "@daily", "--var", "a=b", "--", "x"], /--var belongs to a template\. Name it: --template NAME/],
    [["--cron", "@daily", "--input", "a=b", "--", "x"], /--input belongs to a workflow\. Name its file: --workflow FILE/],
    [["--cron", "@daily", "--template", "revew"], /There is no template revew/],
    [["--cron", "@daily", "--workflow", "gone.yaml"], /The file gone\.yaml cannot be read \(ENOENT\)/],
    [["--cron", "@daily", "--workflow", "gone.yaml", "--", "x"], /A workflow file has the prompts and the options of its tasks/],
    [["--cron", "@daily", "--", "x", "--json"], /--json cannot stand behind --\. Put it before the --/],
    [["--cron", "@daily", "-d", "/", "--", "x", "-d", "/tmp"], /--dir is given twice/],
    [["--cron", "0 0 30 2 *", "--", "x"], /--cron "0 0 30 2 \*" never fires: no year has such a day/],
    [["--cron", "0 0 * * 9", "--", "x"], /--cron has the day of the week "9", which cannot be read/],
    [
      ["--cron", "@daily", "--tz", "Europe/Berln", "--", "x"],
      /--tz "Europe\/Berln" is not a time zone that is known here\. Did you mean Europe\/Berlin\?/,
    ],
    [["--at", "2020-01-01 02:00", "--", "x"], /--at lies in the past/],
    [["--at", "soon", "--", "x"], /--at must be a time like/],
    [["--every", "10s", "--", "x"], /--every must be a duration from 1m/],
    [["--cron", "@daily", "--until", "2020-01-01", "--", "x"], /--until comes before the first run/],
    [["--cron", "* * * * *", "--jitter", "5m", "--", "x"], /--jitter is longer than the time between two runs/],
    [["--cron", "@daily", "--missed", "oncee", "--", "x"], /Did you mean "once"\?/],
    [["--cron", "@daily", "--", "x", "--permission-mode", "bypass"], /is not a value of --permission-mode/],
    [["--cron", "@daily", "-d", "/nowhere", "--", "x"], /\/nowhere does not exist/],
  ];
  for (const [words, message] of wrong) {
    const answer = await call(["schedule", "add", "n", ...words]);
    assert.notEqual(answer.code, 0, words.join(" "));
    assert.match(answer.stderr, message, words.join(" "));
    assert.doesNotMatch(answer.stderr, /time_zone|end_at|every_ms|jitter_ms|working_directory|\n.*\n/, words.join(" "));
  }
  assert.match((await call(["schedule", "add", "7up", "--cron", "@daily", "--", "x"])).stderr, /<name>: must begin with a letter/);
});

test("schedule add and edit name a template with its variables and options of run", async (t) => {
  const { call, api, place } = await withServer(t);
  const shown = async () => await api.getSchedule({ schedule: "review" });
  await call(["template", "add", "review", "--", "Review {{ vars.branch }}"]);
  const refused = await call(["schedule", "add", "review", ...daily, "--template", "review", "--", "My prompt"]);
  assert.match(refused.stderr, /The template review has the prompt\. Leave yours out: behind -- stand options of run/);
  assert.match((await call(["schedule", "add", "review", ...daily, "--template", "review"])).stderr, /needs "branch"/);
  const vars = ["--template", "review", "--var", "branch=main"];
  const added = await call(["schedule", "add", "review", ...daily, ...vars, "--", "--model", "opus"]);
  assert.match(added.stdout, /^Schedule review is added/);
  const { template, target } = await shown();
  assert.deepEqual([template?.options, target.working_directory], [{ model: "opus" }, place.work]);
  assert.match((await call(["schedule", "list"])).stdout, /\ttemplate review branch=main\n$/);
  await call(["schedule", "edit", "review", "--var", "branch=next", "--", "--model", "haiku"]);
  const changed = (await shown()).template;
  assert.deepEqual([changed?.vars, changed?.options], [{ branch: "next" }, { model: "haiku" }]);
  assert.match((await call(["schedule", "show", "review"])).stdout, /\nSubmits: +template review branch=next\n/);
  assert.match(
    (await call(["schedule", "edit", "review", "--input", "a=b"])).stderr,
    /--input belongs to a workflow, and review runs none/,
  );
  await call(["schedule", "edit", "review", "--", "By hand"]);
  const { task } = await shown();
  assert.deepEqual([task?.prompt, task?.working_directory], ["By hand", place.work]);
});

test("schedule add and edit send a workflow file with those that it runs", async (t) => {
  const { call, api, place } = await withServer(t);
  place.file(
    "work/release.yaml",
    "inputs: { version: 1 }\ntasks:\n  build: { workflow: parts/build.yaml }\n  ask: { approval: Sure?, needs: build }\n",
  );
  place.workdir("work/parts");
  place.file("work/parts/build.yaml", "tasks: { make: { prompt: Make it } }\n");
  const add = ["schedule", "add", "release", ...daily, "--workflow", "release.yaml", "--input", "version=2.4", "-d", place.work];
  assert.match((await call(add)).stdout, /^Schedule release is added/);
  const { workflow } = await api.getSchedule({ schedule: "release" });
  assert.deepEqual(
    [workflow?.files, workflow?.inputs, workflow?.tasks.map(({ key }) => key)],
    [["parts/build.yaml"], { version: "2.4" }, ["build/make", "build", "ask"]],
  );
  const page = (await call(["schedule", "show", "release"])).stdout;
  assert.match(
    page,
    /\nSubmits: +workflow release\.yaml\n[^]*\nInputs: +version=2\.4\n\n {2}build\/make\n {2}build \(join\)\n {2}ask \(approval\) {2}after build\n$/,
  );
  assert.match((await call(["schedule", "edit", "release"])).stderr, /Nothing to change/);
  // What is stored counts, until the file is given again.
  place.file("work/release.yaml", "inputs: { version: 1 }\ntasks: { only: { prompt: Only } }\n");
  assert.equal((await call(["schedule", "run", "release"])).stdout, "1\n");
  assert.equal((await api.getWorkflow({ workflow: 1 })).tasks.length, 3);
  await call(["schedule", "edit", "release", "--workflow", "release.yaml"]);
  const changed = (await api.getSchedule({ schedule: "release" })).workflow;
  assert.deepEqual([changed?.tasks.map(({ key }) => key), changed?.inputs, changed?.files], [["only"], { version: "2.4" }, []]);
  await call(["schedule", "edit", "release", "--input", "version=3"]);
  assert.deepEqual((await api.getSchedule({ schedule: "release" })).workflow?.inputs, { version: "3" });
  assert.match((await call(["schedule", "runs", "release"])).stdout, /\tsubmitted\t\t\t\t\t1\trunning\n$/);
  assert.match((await call(["schedule", "runs", "release"], { columns: 100 })).stdout, /workflow 1 running \(asked for\)/);
  assert.match((await call(["workflow", "show", "1"])).stdout, /\n {2}Schedule release, asked for\n/);
});

test("a schedule is listed, changed, paused, run, looked at and removed", async (t) => {
  const { call, api } = await withServer(t);
  await call(["schedule", "add", "triage", ...daily, "--", "Triage", "--model", "opus"]);
  assert.match((await call(["schedule", "add", "triage", ...daily, "--", "x"])).stderr, /There is a schedule named triage already/);
  assert.match((await call(["schedule", "list"])).stdout, /^triage\ton\t0 2 \* \* 1-5\tEurope\/Berlin\t\S+T0[01]:00:00\.000Z\t\t/);
  assert.match((await call(["schedule", "list"], { columns: 120, env: { NO_COLOR: "1" } })).stdout, /^NAME +STATE +WHEN/);
  const edited = await call(["schedule", "edit", "triage", "--cron", "30 5 * * *", "--", "Triage well", "--priority", "3"]);
  assert.match(edited.stdout, /^Schedule triage is changed: 30 5 \* \* \* \(Europe\/Berlin\)\. Its next runs:/);
  const { task } = await api.getSchedule({ schedule: "triage" });
  assert.deepEqual([task?.prompt, task?.options], ["Triage well", { model: "opus", priority: 3 }]);
  assert.match((await call(["schedule", "edit", "triage"])).stderr, /Nothing to change/);
  assert.match((await call(["schedule", "edit", "triage", "--name", "night"])).stdout, /^Schedule night is changed/);

  assert.match((await call(["schedule", "pause", "night"])).stdout, /^Schedule night is paused/);
  assert.equal((await call(["schedule", "run", "night"])).stdout, "1\n");
  assert.match(
    (await call(["schedule", "resume", "night"])).stdout,
    /^Schedule night is on\. Next run: \w{3} \d{4}-\d\d-\d\d 05:30 Europe\/Berlin, in/,
  );
  assert.match((await call(["schedule", "runs", "night"])).stdout, /^\S+Z\tsubmitted\t1\tpending\t\t\t\t\n$/);
  assert.match((await call(["schedule", "runs", "night"], { columns: 100 })).stdout, /task 1 pending \(asked for\)/);
  assert.equal((await call(["schedule", "next", "night", "-l", "3"])).stdout.split("\n").length, 4);
  const page = (await call(["schedule", "show", "night"])).stdout;
  assert.match(page, /^Schedule: +night \(1\), on\nWhen: +30 5 \* \* \*, Europe\/Berlin\nRules: +missed once, overlap skip\n/);
  assert.match(page, /\nLast run: +\w{3} \d{4}-\d\d-\d\d \d\d:\d\d Europe\/Berlin, task 1/);
  assert.match(page, /\n\nTriage well\n$/);
  assert.match((await call(["schedule", "show", "nihgt"])).stderr, /There is no schedule nihgt\. Did you mean night\?/);
  assert.match((await call(["show", "1"])).stdout, /Schedule +night/);
  assert.deepEqual((await call(["show", "1", "--json"])).json()["schedule"], { id: 1, name: "night", due_at: null });

  const { schedules } = (await call(["schedule", "list", "--json"])).json() as unknown as { schedules: ScheduleDetailView[] };
  const [first] = schedules;
  assert.deepEqual(
    [first?.id, first?.name, first?.cron, first?.time_zone, first?.paused],
    [1, "night", "30 5 * * *", "Europe/Berlin", false],
  );
  assert.equal(first?.next_runs.length, 5);
  assert.equal(first?.last_run?.task, 1);
  assert.match((await call(["schedule", "rm", "night"])).stdout, /^Schedule night is removed\. Its tasks stay\.\n/);
  assert.deepEqual((await call(["schedule", "list", "--json"])).json(), { schedules: [] });
  assert.equal((await api.getTask({ id: 1 })).schedule, null);
  assert.match((await call(["schedule", "delete", "x"])).stderr, /Did you mean "schedule rm"\?/);
});

test("server status and doctor say what runs next, what is paused, and what fails", async (t) => {
  const { call, api } = await withServer(t);
  assert.doesNotMatch((await call(["server", "status"])).stdout, /Planned/);
  await call(["schedule", "add", "triage", ...daily, "--", "Triage"]);
  await call(["schedule", "add", "deps", "--every", "6h", "--paused", "--", "Update"]);
  assert.match((await call(["server", "status"])).stdout, /^Planned +next triage in \d.*; paused: deps$/m);
  const id = (await api.getSchedule({ schedule: "deps" })).id;
  const { store } = api;
  await store.write(() => store.schedules.patch(id, { pauseReason: "5 runs in a row could not be submitted.", failures: 5 }));
  const client = { server: async () => await api.server() };
  const checks = await checkSchedules(client as WorkerClient, Date.now());
  assert.deepEqual(
    checks.map(({ name, state }) => [name, state]),
    [
      ["Schedules", "ok"],
      ["Schedule", "warn"],
    ],
  );
  assert.match(checks[1]?.fix ?? "", /claude-worker schedule resume deps$/);
  const { schedules } = (await call(["server", "status", "--json"])).json() as unknown as ServerView;
  assert.deepEqual(
    [schedules.next.map(({ name }) => name), schedules.paused, schedules.failing],
    [["triage"], ["deps"], [{ name: "deps", failures: 5, pause_reason: "5 runs in a row could not be submitted.", message: null }]],
  );
});
