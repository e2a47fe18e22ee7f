/** A night with the real Claude Code: who is notified of it, and how often. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fault, step } from "../../testing/model.ts";
import { receiver } from "../../testing/receiver.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { killServer } from "../reliability/setup.ts";

/** A part of the prompt of Claude Worker's own probes. */
const probe = "Answer with the word OK";

test("a task that ends while no server runs is reported once, to phone and program", async (t) => {
  const w = await worker(t);
  const going = path.join(w.place.work, "go");
  w.model.play({ "wait for it": [step.bash(`until [ -e ${going} ]; do sleep 0.1; done; echo gone > ended`), step.text("Done.")] });
  await w.start();
  const hook = await receiver(t);
  const got = path.join(w.place.work, "got");
  const script = path.join(w.place.work, "script");
  writeFileSync(script, `#!/bin/sh\ncat >> '${got}'\n`, { mode: 0o700 });
  const { origin } = new URL(hook.url);
  for (const words of [
    ["phone", "--ntfy", `${origin}/topic`, "--allow-private"],
    ["program", "--command", script],
  ]) {
    const added = await w.cli(["notify", "add", ...words, "--on", "completed,failed"]);
    assert.equal(added.code, 0, added.stderr);
  }
  const { id } = await w.submit("wait for it", { allow: ["Bash"], name: "night" });
  await w.until(id, ({ last_action: action }) => action?.includes("until") === true);
  await killServer(w);
  writeFileSync(going, "");
  await until("the end of the work", () => existsSync(path.join(w.place.work, "ended")));
  await w.start();
  await w.ended(id);
  await until("the messages", async () => (await w.client.listDeliveries()).deliveries.every(({ state }) => state === "delivered"));
  await w.cli(["server", "restart"]);
  const other = await w.submit("an unknown prompt", { name: "other" });
  await w.ended(other.id);
  await until("the messages of the second task", async () => {
    const { deliveries } = await w.client.listDeliveries();
    return deliveries.length === 4 && deliveries.every(({ state }) => state === "delivered");
  });
  const toPhone = hook.received.map((each) => each.json());
  assert.deepEqual([toPhone.length, toPhone[0]?.["title"], toPhone[0]?.["message"]], [2, "Task 1 completed", "night: wait for it"]);
  const lines = readFileSync(got, "utf8").trim().split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { data: { task: { id: number } } }).data.task.id),
    [1, 2],
  );
});

test("a refused sign-in is reported as held, and its end as resumed", async (t) => {
  const w = await worker(t);
  const refused = [fault.unauthorized()];
  w.model.play({ "sign in": refused, [probe]: refused });
  await w.start();
  const hook = await receiver(t);
  const added = await w.cli(["notify", "add", "ops", "--webhook", hook.url, "--allow-private", "--on", "held,resumed"]);
  assert.equal(added.code, 0, added.stderr);
  await w.submit("sign in");
  await until("the hold", () => hook.received.length === 1);
  const secret = added.stdout.trim();
  const { type, data } = hook.verify(hook.received[0] ?? assert.fail(), secret) as { type: string; data: { hold: { kind: string } } };
  assert.deepEqual([type, data.hold.kind], ["queue.held", "auth_failed"]);
  w.model.play({ "sign in": [step.text("Done.")] });
  await w.cli(["resume"]);
  await until("its end", () => hook.received.some((each) => each.json()["type"] === "queue.resumed"));
});
