import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";
import { killAndWait, runnerOf } from "./setup.ts";

/** What one call of the scripted model costs. */
const callUsd = 0.01;

for (const warm of ["0", "1"]) {
  test(`money of a killed attempt is counted once, also while it runs (warm ${warm})`, async (t) => {
    const w = await worker(
      t,
      { "count money": [step.bash("true"), step.bash("until [ -e go ]; do sleep 0.05; done"), step.text("done")] },
      { env: { CLAUDE_WORKER_WARM: warm } },
    );
    await w.start();
    const { id } = await w.submit("count money", { allow: ["Bash"] });
    const live = await w.until(id, ({ cost_usd }) => (cost_usd ?? 0) >= 2 * callUsd);
    assert.equal(live.status, "running");
    assert.deepEqual([live.tokens?.input, live.tokens?.output], [4000, 200]);
    const listed = (await w.client.listTasks({})).tasks.find((task) => task.id === id);
    assert.equal(listed?.cost_usd, live.cost_usd);
    assert.equal((await w.client.usage({ by: "day" })).total.cost_usd, live.cost_usd);
    await killAndWait(await runnerOf(w, id));
    // Before that the killed attempt's Claude Code could still call the model.
    await w.until(id, ({ attempts }) => attempts === 2);
    w.place.file("work/go", "");
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.attempts], ["completed", 2], JSON.stringify(task.error));
    const calls = w.model.requests().filter(({ key }) => key === "count money").length;
    assert.equal(task.cost_usd, calls * callUsd, `${calls} calls`);
    assert.equal(task.tokens?.input, calls * 2000);
    const { total } = await w.client.usage({ by: "model" });
    assert.deepEqual([total.cost_usd, total.output_tokens, total.results], [calls * callUsd, calls * 100, 1]);
  });
}
