import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

/** A part of the prompt of Claude Worker's own probes. */
const probe = "Answer with the word OK";

test("a refused sign-in that a probe confirms holds everything until resume", async (t) => {
  const refused = [fault.unauthorized()];
  const w = await worker(t, { "sign in": refused, [probe]: refused, "other work": [step.text("other done")] });
  await w.start();
  const { id } = await w.submit("sign in please");
  const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
  assert.match(String(held.waiting_for?.message), /claude-worker resume/);
  const other = await w.submit("other work");
  assert.equal((await w.client.getTask({ id: other.id })).waiting_for?.reason, "hold");
  await w.cli(["server", "restart"]);
  const [hold] = (await w.client.server()).holds;
  assert.deepEqual([hold?.kind, hold?.until, hold?.tasks_waiting], ["auth_failed", null, 2]);
  assert.ok(!JSON.stringify(hold).includes("scripted-model"), "the credential is not shown");
  const [sent] = w.model.requests().filter(({ key }) => key === probe);
  assert.ok(!sent?.body["tools"] || (sent.body["tools"] as unknown[]).length === 0, "a probe has no tools");
  w.model.play({ "sign in": [step.text("signed in")], "other work": [step.text("other done")] });
  const { code } = await w.cli(["resume"]);
  assert.equal(code, 0);
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "signed in");
  assert.equal((await w.ended(other.id)).status, "completed");
});

test("refusals of one task alone hold no other and fail it in the API's words", async (t) => {
  const w = await worker(
    t,
    { "sign in": [fault.unauthorized()], forbidden: [fault.forbidden()], "good work": [step.text("good")], [probe]: [step.text("OK")] },
    { env: { CLAUDE_WORKER_REFUSAL_LIMIT: "2", CLAUDE_WORKER_WORKERS: "1" } },
  );
  await w.start();
  await w.cli(["hold"]);
  const poison = [await w.submit("sign in please", { priority: 9 }), await w.submit("forbidden work", { priority: 9 })];
  const good = [await w.submit("good work 1"), await w.submit("good work 2")];
  await w.cli(["resume"]);
  const refused = poison[0]?.id ?? 0;
  const waiting = await w.until(refused, ({ attempts, waiting_for }) => attempts === 1 && waiting_for?.reason === "retry");
  const why = /It was refused; next try in .*The last try: .*Invalid API key.*claude-worker server restart/;
  assert.match(waiting.waiting_for?.message ?? "", why);
  const [page, list] = [await w.cli(["show", String(refused)]), await w.cli(["list", "--status", "pending"])];
  assert.match(page.stdout.replaceAll(/\s+/g, " "), why);
  assert.match(list.stdout, why);
  for (const { id } of good) assert.equal((await w.ended(id)).status, "completed");
  assert.deepEqual((await w.client.listHolds()).holds, []);
  await w.cli(["resume"]);
  const [signIn, forbidden] = [await w.ended(poison[0]?.id ?? 0), await w.ended(poison[1]?.id ?? 0)];
  assert.deepEqual([signIn.status, signIn.attempts, signIn.error?.code], ["failed", 2, "auth_failed"]);
  assert.match(signIn.error?.message ?? "", /2 refusals in a row.*Invalid API key/);
  assert.deepEqual([forbidden.status, forbidden.attempts, forbidden.error?.api_status], ["failed", 2, 403]);
  assert.match(forbidden.error?.message ?? "", /Your account does not have access/);
  const goodStarts = await Promise.all(good.map(async ({ id }) => String((await w.client.getTask({ id })).started_at)));
  for (const { id } of poison) {
    const [, second] = (await w.client.listAttempts({ id })).attempts;
    for (const start of goodStarts) assert.ok(String(second?.started_at) >= start, "tried again behind the others");
  }
  assert.deepEqual((await w.client.listHolds()).holds, []);
});
