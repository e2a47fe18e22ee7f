/** Budgets with the real Claude Code: what a hard one interrupts, and what a person is told. */
import assert from "node:assert/strict";
import path from "node:path";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { receiver } from "../../testing/receiver.ts";
import { countedIn, countedSteps } from "../../testing/steps.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { killServer, storyOf } from "../reliability/setup.ts";

async function cli(w: TestWorker, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await w.cli(words);
  assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
  return stdout;
}

/** A time zone in which it is noon, so that no day of a budget ends during the test. */
function zoneAtNoon(): string {
  const ahead = 12 - new Date().getUTCHours();
  return ahead === 0 ? "UTC" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

test("a hard budget interrupts what runs, which continues by itself when it opens", async (t) => {
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_TIME_ZONE: zoneAtNoon() } });
  const gate = path.join(w.place.work, "go");
  w.model.play({ "count to five": countedSteps(path.join(w.place.work, "counted"), 5, 50, gate), "the next": [step.text("done")] });
  await w.start();
  const { id } = await w.submit("count to five", { allow: ["Bash"], group: "repo-a" });
  const running = await w.until(id, ({ cost_usd: cost }) => (cost ?? 0) > 0 && countedIn(w.place.work, "counted").length >= 2);
  const limit = ((running.cost_usd ?? 0) / 2).toFixed(6);
  assert.match(await cli(w, "group", "set", "repo-a", "--budget-usd-per-day", limit, "--hard"), /this day \(hard, spent\)/);

  // Its third step is under way, and is not cut.
  writeFileSync(gate, "");
  const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "budget");
  assert.equal(held.waiting_for?.blocker, "budget:group:repo-a:day");
  assert.ok(Date.parse(held.waiting_for?.until ?? "") > Date.now());
  const counted = countedIn(w.place.work, "counted");
  assert.ok(counted.length < 5, counted.join(" "));
  const [attempt] = (await w.client.listAttempts({ id })).attempts;
  assert.match(attempt?.outcome?.message ?? "", /The budget of group repo-a for this day is spent/);
  assert.match(
    await cli(w, "show", String(id)),
    /Waits: The budget of group repo-a for this day is spent: \$[\d.]+ of \$[\d.]+\. It opens in/,
  );
  assert.match(await cli(w, "group", "list"), /repo-a/);
  const next = await w.submit("the next", { group: "repo-a" });
  assert.equal((await w.until(next.id, ({ waiting_for }) => waiting_for?.reason === "budget")).attempts, 0);

  // It still waits after a kill of the server: nothing was spent meanwhile.
  await killServer(w);
  await w.start();
  const after = await w.client.getTask({ id });
  assert.deepEqual([after.status, after.waiting_for?.reason, after.attempts], ["pending", "budget", 1]);
  const requests = w.model.requests().length;

  await cli(w, "group", "set", "repo-a", "--budget-usd-per-day", "100");
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result, task.attempts], ["completed", "counted to 5", 2], JSON.stringify(task.error));
  assert.equal((await w.ended(next.id)).status, "completed");
  assert.ok(w.model.requests().length > requests);
  assert.deepEqual(countedIn(w.place.work, "counted"), [1, 2, 3, 4, 5], "no step was cut or repeated");
  const { attempts } = await w.client.listAttempts({ id });
  assert.deepEqual(
    attempts.map(({ resumed }) => resumed),
    [false, true],
  );
  assert.equal(new Set(attempts.map(({ session_id: session }) => session)).size, 1);
  const { budgets } = await w.client.listBudgets();
  assert.deepEqual([budgets.length, budgets[0]?.hard, budgets[0]?.limit_usd], [1, true, 100]);
  await storyOf(w, id);
});

test("a budget is told of at 80 % and when it is spent, once each", async (t) => {
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_TIME_ZONE: zoneAtNoon() } });
  const calls = [1, 2, 3].map((number) => step.bash(`echo ${number}`));
  w.model.play({ "one answer": [step.text("done")], "four answers": [...calls, step.text("done")] });
  await w.start();
  const hook = await receiver(t);
  const channel = await w.cli(["notify", "add", "ops", "--webhook", hook.url, "--allow-private", "--on", "budget"]);
  assert.equal(channel.code, 0, channel.stderr);
  // What one answer of the model costs.
  const cost = (await w.ended((await w.submit("one answer")).id)).cost_usd ?? 0;
  assert.ok(cost > 0);
  await cli(w, "group", "set", "repo-a", "--budget-usd-per-day", (cost * 3.5).toFixed(6));
  const { id } = await w.submit("four answers", { group: "repo-a", allow: ["Bash"] });
  assert.equal((await w.ended(id)).status, "completed", "a soft budget lets what runs continue");
  const events = (await storyOf(w, id)).filter(({ type }) => type === "budget");
  assert.deepEqual(
    events.flatMap((event) => (event.type === "budget" ? [[event.data.budget, event.data.level, event.data.hard]] : [])),
    [
      ["group:repo-a:day", "near", false],
      ["group:repo-a:day", "spent", false],
    ],
  );
  const logs = await cli(w, "logs", String(id));
  assert.match(logs, /\[budget\] group:repo-a:day is nearly spent: \$[\d.]+ of \$[\d.]+\n/);
  assert.match(logs, /\[budget\] group:repo-a:day is spent: \$[\d.]+ of \$[\d.]+\n/);
  await until("both messages", () => hook.received.length === 2);
  const secret = channel.stdout.trim();
  const messages = hook.received.map((request) => hook.verify(request, secret));
  assert.deepEqual(
    messages.map(({ type }) => type),
    ["queue.budget", "queue.budget"],
  );
  const texts = messages.map((message) => JSON.stringify(message));
  assert.match(texts[0] ?? "", /A budget is nearly spent.*budget of group repo-a for this day is nearly spent: \$[\d.]+ of \$[\d.]+\./i);
  assert.match(texts[1] ?? "", /A budget is spent.*Nothing of it starts until .* What runs continues\./);
  assert.match(await cli(w, "budget", "list"), /repo-a/);
  assert.match(await cli(w, "server", "status"), /Budget +.*repo-a/);
  const doctor = JSON.parse((await w.cli(["doctor", "--json"])).stdout) as { checks: { name: string; state: string; message: string }[] };
  assert.deepEqual(
    doctor.checks.filter(({ name }) => name === "Budget").map(({ state }) => state),
    ["warn"],
  );

  // Neither the next task nor the next server tells it again.
  const next = await w.submit("one answer", { group: "repo-a" });
  await w.until(next.id, ({ waiting_for }) => waiting_for?.reason === "budget");
  assert.equal((await w.cli(["server", "restart"])).code, 0);
  const running = await w.submit("one answer", { group: "other" });
  await w.ended(running.id);
  await until("what was to be delivered", async () =>
    (await w.client.listDeliveries()).deliveries.every(({ state }) => state === "delivered"),
  );
  assert.equal(hook.received.length, 2);
  assert.equal((await w.client.getTask({ id: next.id })).attempts, 0);
});
