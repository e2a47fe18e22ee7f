/** With the real Claude Code: what a task took is learned, and a task waits for the machine. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

test("a task waits while the memory is short, and what one took is learned", async (t) => {
  const program = "const held = Buffer.alloc(300e6, 1); setTimeout(() => console.log(held.length), 7000)";
  const script = {
    "take memory": [step.bash(`node -e '${program}'`), step.text("done")],
    "other work": [step.text("done")],
  };
  // So much no machine has.
  const w = await worker(t, script, { env: { CLAUDE_WORKER_MIN_FREE_MEMORY_MB: "90000000" } });
  await w.start();
  const first = await w.submit("take memory", { allow: ["Bash"] });
  await w.until(first.id, ({ status }) => status === "running");
  const other = await w.submit("other work");
  const held = await w.until(other.id, ({ waiting_for }) => waiting_for?.reason === "resources");
  assert.equal(held.waiting_for?.blocker, "memory");
  assert.match(held.waiting_for?.message ?? "", /The machine has \d+ MB of memory free.*90000000 MB are to stay free/);
  assert.equal((await w.ended(first.id)).status, "completed");
  assert.equal((await w.ended(other.id)).status, "completed", "when none runs, one starts");
  const database = new Database(path.join(w.place.dataHome, "tasks.db"), { readonly: true });
  const peaks = database.prepare<[string], string>("SELECT peaks FROM memory_peaks WHERE working_directory = ?").pluck();
  const [peak = 0] = JSON.parse(peaks.get(w.place.work) ?? "[]") as number[];
  database.close();
  assert.ok(peak > 400 && peak < 3_000, `${peak} MB`);
});
