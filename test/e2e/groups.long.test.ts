import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { killAndWait } from "../reliability/setup.ts";
import { step } from "../../testing/script.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";

test("limits of groups and locks are kept over a kill, and say what is in the way", async (t) => {
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_WORKERS: "4" } });
  const gate = path.join(w.place.work, "go");
  w.model.play({ "wait for the gate": [step.bash(`until [ -e ${gate} ]; do sleep 0.05; done`), step.text("It is open.")] });
  await w.start();
  const cli = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await w.cli(words);
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  const run = async (...words: string[]): Promise<number> => Number(await cli("run", "wait for the gate", "--allow", "Bash", ...words));
  const runningOf = async (ids: readonly number[]): Promise<number[]> => {
    const tasks = await Promise.all(ids.map(async (id) => await w.client.getTask({ id })));
    return tasks.flatMap(({ id, status }) => (status === "running" ? [id as number] : []));
  };
  assert.match(await cli("group", "set", "small", "--limit", "1"), /Group small runs at most 1 at once; 0 running, 0 pending/);
  const [a, b] = [await run("-g", "small"), await run("-g", "small")];
  const [c, d] = [await run("--lock", "db"), await run("--lock", "db", "--lock", "net")];
  for (const id of [a, c]) for await (const { type } of w.client.events(id)) if (type === "tool_use") break;
  assert.deepEqual(await runningOf([a, b, c, d]), [a, c]);
  const waits = async (id: number) => (await w.client.getTask({ id })).waiting_for;
  assert.deepEqual(await waits(b), {
    reason: "group",
    message: "Group small is full: 1 running, and its limit is 1.",
    blocker: "group:small",
    until: null,
  });
  assert.deepEqual(await waits(d), { reason: "lock", message: `Lock db is held by task ${c}.`, blocker: "lock:db", until: null });

  await killAndWait((await w.client.server()).pid);
  await cli("server", "start");
  assert.deepEqual(await runningOf([a, b, c, d]), [a, c]);
  assert.equal((await waits(d))?.blocker, "lock:db");
  const { groups } = JSON.parse(await cli("group", "list", "--json")) as { groups: object[] };
  assert.partialDeepStrictEqual(groups, [{ name: "default" }, { name: "small", limit: 1, running: 1, pending: 1, paused: false }]);

  assert.match(await cli("group", "pause", "small"), /is paused/);
  assert.equal((await waits(b))?.message, "Group small is paused. Let it continue: claude-worker group resume small");
  await cli("group", "set", "small", "--limit", "2");
  await cli("group", "resume", "small");
  await until("the second of the group runs", async () => (await runningOf([b])).length === 1);
  writeFileSync(gate, "");
  for (const id of [a, b, c, d]) assert.equal((await w.ended(id)).status, "completed");
  await cli("group", "rm", "small");
  const { code, stderr } = await w.cli(["group", "rm", "small"]);
  assert.equal(code, 1);
  assert.match(stderr, /The group small is not set/);
});
