/** The reserve with the real Claude Code: a hard share stops a running task; nothing is lost. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { limitHeaders } from "../../testing/script.ts";
import type { Move } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";
import { killServer } from "./setup.ts";

const resetsAt = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
const used = (fiveHour: number): Record<string, string> => limitHeaders({ fiveHour, sevenDay: 0.2 }, resetsAt);
const move = (word: string, fiveHour: number): Move => ({ ...step.bash(`echo ${word} >> steps.txt`), headers: used(fiveHour) });
const end = (fiveHour: number): Move => ({ ...step.text("done"), headers: used(fiveHour) });

test("a running task waits from the hard share on, and continues without a retry", async (t) => {
  const env = { CLAUDE_WORKER_RESERVE: '{"five_hour": {"soft": 20, "hard": 5}}' };
  const w = await worker(t, {}, { subscription: true, env });
  w.model.play({ "count steps": [move("one", 0.97), move("two", 0.97), step.text("done", 20_000)] });
  await w.start();
  const { id } = await w.submit("count steps", { allow: ["Bash"] });
  const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "reserve");
  assert.match(held.waiting_for?.message ?? "", /five_hour is 97 % used, and 5 % is kept free for you/);
  assert.deepEqual([held.waiting_for?.blocker, Date.parse(held.waiting_for?.until ?? "")], ["reserve:account", resetsAt]);
  await killServer(w);
  await w.start();
  const doctor = await w.cli(["doctor"]);
  assert.match(doctor.stdout, /Reserve +kept free for you: five_hour 20 %, hard 5 %/);
  assert.match((await w.cli(["server", "status"])).stdout, /five_hour 97 % used, resets[^;]*; .*\(reported /s);
  w.model.play({
    "count steps": [move("one", 0.1), move("two", 0.1), end(0.1)],
    "other work": [end(0.97)],
  });
  const other = await w.cli(["run", "other work", "--ignore-reserve"]);
  assert.equal(other.code, 0, other.stderr);
  assert.equal((await w.ended(Number(other.stdout.trim()))).status, "completed", "a task that ignores the reserve runs");
  assert.equal((await w.client.getTask({ id })).status, "pending");
  assert.equal((await w.cli(["resume"])).code, 0);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result, task.error], ["completed", "done", null]);
  assert.equal(readFileSync(path.join(w.place.work, "steps.txt"), "utf8"), "one\ntwo\n", "no step twice, none left out");
  assert.deepEqual((await w.client.server()).holds, []);
});
