import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { identityOf } from "../../src/processes/identity.ts";
import { countedIn, countedSteps } from "../support/steps.ts";
import { worker } from "../support/worker.ts";

test("a server that was stopped by a signal and wakes after another one took over changes nothing and leaves", async (t) => {
  const w = await worker(t);
  w.model.play({ "count to five": countedSteps(path.join(w.place.work, "counted"), 5, 200) });
  const old = await w.start();
  const { id } = await w.submit("count to five", { allow: ["Bash"] });
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 1);
  process.kill(old.pid, "SIGSTOP");
  const refused = await w.cli(["server", "start"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`process ${old.pid}`));
  const taken = await w.cli(["server", "restart", "--takeover"]);
  assert.equal(taken.code, 0, taken.stderr);
  process.kill(old.pid, "SIGCONT");
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 1);
  assert.deepEqual(countedIn(w.place.work, "counted"), [1, 2, 3, 4, 5]);
  const { events } = await w.client.eventPage(id, { after: 0, limit: 500 });
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  assert.equal(events.filter(({ type }) => type === "ended").length, 1);
  assert.ok((await w.client.server()).epoch > old.epoch);
  while ((await identityOf(old.pid)) !== null) await new Promise((resolve) => setTimeout(resolve, 20));
});

test("a server that answers is not taken over", async (t) => {
  const w = await worker(t);
  const { epoch } = await w.start();
  const { code, stderr } = await w.cli(["server", "start", "--takeover"]);
  assert.equal(code, 1);
  assert.match(stderr, /server restart/);
  assert.equal((await w.client.server()).epoch, epoch);
});
