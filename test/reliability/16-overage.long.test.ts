import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { limitHeaders } from "../../testing/script.ts";
import type { Move } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, killServer, marked } from "./setup.ts";

const resetsAt = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
const nearlyFull = limitHeaders({ fiveHour: 0.3, sevenDay: 0.995 }, resetsAt, { "overage-status": "allowed" });
const paying = limitHeaders({ fiveHour: 1.02, sevenDay: 0.5 }, resetsAt, { "overage-status": "allowed", "overage-in-use": "true" });
const early = limitHeaders({ fiveHour: 0.1, sevenDay: 0.2 }, resetsAt, { "overage-status": "allowed" });
const move = (command: string, headers: Record<string, string>): Move => ({ ...step.bash(command), headers });
const append = (word: string): string => `echo ${word} >> steps.txt`;

for (const [what, headers] of [
  ["nearly full", nearlyFull],
  ["paid already", paying],
] as const) {
  test(`before paid overage (${what}) a running task stops between two steps`, async (t) => {
    const w = await worker(t, {}, { subscription: true });
    w.model.play({ "count steps": [move(append("one"), headers), move(append("two"), headers), step.text("done", 20_000)] });
    await w.start();
    const { id } = await w.submit("count steps", { allow: ["Bash"] });
    const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
    assert.match(held.waiting_for?.message ?? "", /overage.*forbidden.*config set overage allow/);
    const other = await w.submit("other work");
    assert.equal(other.waiting_for?.reason, "hold");
    const { account, holds } = await w.client.server();
    assert.deepEqual([holds.length, holds[0]?.kind, Date.parse(String(holds[0]?.until))], [1, "overage", resetsAt]);
    assert.equal(account.overage.enabled, true);
    assert.equal(account.windows["seven_day"]?.utilization, headers === paying ? 0.5 : 0.995);
    assert.deepEqual((await w.client.usage({ by: "day" })).account, account);
    const page = await w.cli(["server", "status"]);
    assert.match(page.stdout, /Limits.*five_hour \d+ % used, resets.*seven_day \d+ % used/);
    assert.match(page.stdout, /Overage +forbidden; enabled for the account/);
    const calls = (): number => w.model.requests().filter(({ key }) => key === "count steps").length;
    assert.ok(calls() <= 3, `stopped before the end: ${calls()} calls`);
    const quiet: Move = { ...step.text("done"), headers: early };
    w.model.play({ "count steps": [move(append("one"), early), move(append("two"), early), quiet], "other work": [quiet] });
    assert.equal((await w.cli(["resume"])).code, 0);
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.result, task.error], ["completed", "done", null]);
    assert.equal(readFileSync(path.join(w.place.work, "steps.txt"), "utf8"), "one\ntwo\n", "no step twice, none left out");
    assert.equal((await w.ended(other.id)).status, "completed");
    assert.deepEqual((await w.client.server()).holds, []);
  });
}

test("nothing stops where overage is allowed", async (t) => {
  const script = { "count steps": [move(append("one"), nearlyFull), { ...step.text("done"), headers: nearlyFull }] };
  const w = await worker(t, script, { subscription: true, env: { CLAUDE_WORKER_OVERAGE: "allow" } });
  await w.start();
  const before = (await w.client.server()).account;
  const unknown = { setting: "allow", enabled: null, spent_usd: null, in_use: null, disabled_reason: null };
  assert.deepEqual([before.reported_at, before.windows, before.overage], [null, {}, unknown]);
  assert.match((await w.cli(["server", "status"])).stdout, /Limits +unknown.*\nReserve .*\n.*Overage +allowed; unknown/);
  const { id } = await w.submit("count steps", { allow: ["Bash"] });
  assert.deepEqual([(await w.ended(id)).status, (await w.client.getTask({ id })).attempts], ["completed", 1]);
  assert.deepEqual((await w.client.server()).holds, []);
  assert.equal((await w.client.server()).account.windows["seven_day"]?.utilization, 0.995);
});

test("with overage: ask a person's consent lets the account's tasks continue", async (t) => {
  const steps = Array.from({ length: 6 }, (_, index) => move(append(String(index)), nearlyFull));
  const script = { "count steps": [...steps, { ...step.text("done"), headers: paying }] };
  const w = await worker(t, script, { subscription: true, env: { CLAUDE_WORKER_OVERAGE: "ask" } });
  await w.start();
  const { id } = await w.submit("count steps", { allow: ["Bash"] });
  const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
  assert.match(held.waiting_for?.message ?? "", /seven_day is 99 % used.*needs a person's consent.*claude-worker answer q1 allow/);
  const [asked] = held.questions;
  assert.partialDeepStrictEqual(asked, { id: 1, kind: "consent", status: "open", options: [{ label: "allow" }, { label: "deny" }] });
  assert.match(asked?.text ?? "", /^May tasks be paid for as overage until .*Z\? The limit seven_day is 99 % used/);
  assert.equal(Date.parse(asked?.deadline ?? ""), resetsAt, "the reset ends the question");
  await killServer(w);
  await w.start();
  assert.match((await w.cli(["answer", String(id), "allow"])).stdout, /q1 is answered\. Tasks continue, and are paid for/);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result, task.questions.map(({ status }) => status)], ["completed", "done", ["applied"]]);
  assert.equal(readFileSync(path.join(w.place.work, "steps.txt"), "utf8"), "0\n1\n2\n3\n4\n5\n", "no step twice, none left out");
  assert.deepEqual((await w.client.server()).holds, []);
});

for (const blow of ["the server", "everything"]) {
  test(`one consent is asked for and counts, over kills of ${blow}`, async (t) => {
    const gated = step.bash("until [ -e go ]; do sleep 0.05; done; echo two >> steps.txt");
    const moves = [move(append("one"), nearlyFull), gated, { ...step.text("done"), headers: paying }];
    const w = await worker(t, { "count steps": moves }, { subscription: true, env: { CLAUDE_WORKER_OVERAGE: "ask" } });
    let { pid } = await w.start();
    /** Kills, and starts a server again. */
    const strike = async (): Promise<void> => {
      const all = blow === "everything" ? (await marked(w)).map((row) => row.pid) : [];
      for (const each of [pid, ...all]) await killAndWait(each);
      ({ pid } = await w.start());
    };
    const release = w.model.hold(["count steps"]);
    const { id, logs } = await w.submit("count steps", { allow: ["Bash"] });
    await until("the model's call", () => w.model.requests().some(({ key }) => key === "count steps"));
    // Only the journal has the report.
    process.kill(pid, "SIGSTOP");
    release();
    await until("the report", () => readFileSync(logs.raw, "utf8").includes("rate_limit_event"));
    await strike();
    const { questions } = await w.until(id, (task) => task.questions.length > 0);
    writeFileSync(path.join(w.place.work, "go"), "");
    await w.until(id, ({ status }) => status === "pending");
    await strike();
    await w.client.answerQuestion({ id: questions[0]?.id ?? 0, decision: "allow" });
    await strike();
    const task = await w.ended(id);
    const states = task.questions.map(({ kind, status, answer }) => [kind, status, answer?.decision]);
    assert.deepEqual(
      [task.status, task.result, states],
      ["completed", "done", [["consent", "applied", "allow"]]],
      JSON.stringify(task.error),
    );
    assert.deepEqual((await w.client.server()).holds, []);
    // A call that was under way when it was killed may run again.
    const steps = readFileSync(path.join(w.place.work, "steps.txt"), "utf8");
    assert.match(steps, blow === "everything" ? /^(one\n)+(two\n)+$/ : /^one\ntwo\n$/);
  });
}
