import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Ingest } from "../../src/supervisor/ingest.ts";
import { setup } from "../store/setup.ts";

test("a record is taken in once, also by an ingest that begins anew", async (t) => {
  const j = await journal(t);
  j.write({ type: "assistant", message: { id: "m1", content: [{ type: "text", text: "Hello" }] } });
  assert.equal(await j.ingest().catchUp(() => {}), true);
  j.write({ type: "assistant", message: { id: "m2", content: [{ type: "text", text: "Again" }] } });
  const next = j.ingest();
  assert.equal(await next.catchUp(() => {}), true);
  assert.equal(await next.catchUp(() => {}), true);
  const texts = j.store.events.ofTask(j.taskId, 0, 100).filter(({ type }) => type === "text");
  assert.deepEqual(
    texts.map(({ data }) => JSON.stringify(data).match(/Hello|Again/)?.[0]),
    ["Hello", "Again"],
  );
  assert.equal(j.store.tasks.get(j.taskId)?.numTurns, 2);
});

test("what a session spent is kept with the attempt and added to the task", async (t) => {
  const j = await journal(t);
  j.write({ type: "worker", subtype: "session", sessionId: "s-1" });
  j.spending(0.25);
  j.spending(0.75);
  await j.ingest().catchUp(() => {});
  assert.equal(j.store.attempts.get(j.attemptId)?.sessionSpent?.costUsd, 0.75);
  assert.equal(j.store.tasks.get(j.taskId)?.costUsd, 0.75);
  // A later ingest continues from what the attempt keeps: nothing is counted twice.
  j.spending(1);
  await j.ingest().catchUp(() => {});
  assert.equal(j.store.tasks.get(j.taskId)?.costUsd, 1);
});

test("the usage by day is what the task has spent, however the records come together", async (t) => {
  for (const together of [1, 2, 3]) {
    const j = await journal(t);
    const modelUsage = { "claude-x": { inputTokens: 4, outputTokens: 2, costUSD: 0.75 } };
    const records = [
      { type: "worker", subtype: "started", resume: false, sessionId: "s-1" },
      { type: "worker", subtype: "spending", costUsd: 0.75, modelUsage },
      { type: "result", subtype: "success", is_error: false, result: "Done.", total_cost_usd: 0.75, modelUsage },
    ];
    for (const [index, record] of records.entries()) {
      j.write(record);
      if ((index + 1) % together === 0 || index + 1 === records.length) await j.ingest().catchUp(() => {});
    }
    const { results, costUsd, inputTokens } = j.store.usage.sums({ by: "model" }).find(({ key }) => key === "claude-x") ?? assert.fail();
    assert.deepEqual({ results, costUsd, inputTokens }, { results: 1, costUsd: 0.75, inputTokens: 4 }, `${together} at once`);
    assert.equal(j.store.tasks.get(j.taskId)?.costUsd, 0.75);
  }
});

test("the session, its model and the account's report are kept", async (t) => {
  const j = await journal(t);
  j.write({ type: "worker", subtype: "session", sessionId: "s-1" });
  j.write({ type: "system", subtype: "init", model: "claude-x" });
  await j.ingest().catchUp(() => {});
  const task = j.store.tasks.get(j.taskId);
  assert.deepEqual([task?.sessionId, task?.resumable, task?.sessionModel], ["s-1", true, "claude-x"]);
  assert.equal(j.store.attempts.get(j.attemptId)?.sessionId, "s-1");
});

test("the end is reported inside the commit of the closing record, and only then", async (t) => {
  const j = await journal(t);
  let ends = 0;
  j.write({ type: "assistant", message: { id: "m1", content: [{ type: "text", text: "Hello" }] } });
  const ingest = j.ingest();
  await ingest.catchUp(() => (ends += 1));
  assert.equal(ends, 0);
  j.write({ type: "worker", subtype: "ended", thrown: null, stopRequested: null });
  await ingest.catchUp(() => (ends += 1));
  assert.equal(ends, 1);
});

test("a snapshot is stored once, with the turn that it followed", async (t) => {
  const j = await journal(t);
  const where = { top: "/repo", repository: "/repo/.git", tree: "t", head: "h1", branch: "main", isDirty: true };
  const taken = (number: number, more: object = {}): Readonly<Record<string, unknown>> => ({
    type: "worker",
    subtype: "checkpoint",
    number,
    reason: "turn",
    ref: `refs/claude-worker/1/1/${number}`,
    commit: `c${number}`,
    ...where,
    changes: { files: number, insertions: 1, deletions: 0 },
    leftOut: [{ path: "big", why: "has 21 MB" }],
    leftOutCount: 1,
    ...more,
  });
  j.write(taken(1, { reason: "start" }));
  j.write({ type: "assistant", message: { id: "m1", content: [{ type: "text", text: "Hello" }] } });
  j.write(taken(2, { head: "h2", branch: null }));
  await j.ingest().catchUp(() => {});
  j.write(taken(2, { commit: "another", head: "h2", branch: null }));
  j.write(taken(3, { reason: "bored" }));
  await j.ingest().catchUp(() => {});
  const { checkpoints, workspaces, events } = j.store;
  // The next turn has begun when the snapshot is noted.
  j.write({ type: "assistant", message: { id: "m2", content: [{ type: "text", text: "On" }] } });
  j.write(taken(3, { message: "m1", head: "h2", branch: null }));
  j.write(taken(4, { message: "unknown", head: "h2", branch: null }));
  await j.ingest().catchUp(() => {});
  const found = checkpoints
    .ofTask(j.taskId)
    .map(({ number, turn, commit, head, leftOutCount }) => [number, turn, commit, head, leftOutCount]);
  assert.deepEqual(found, [
    [1, 0, "c1", "h1", 1],
    [2, 1, "c2", "h2", 1],
    [3, 1, "c3", "h2", 1],
    [4, 2, "c4", "h2", 1],
  ]);
  assert.deepEqual(checkpoints.last(j.taskId), checkpoints.get(j.taskId, 4));
  const { path: top, state, baseCommit, headCommit, isDirty, branch } = workspaces.get(j.taskId) ?? {};
  assert.deepEqual([top, state, baseCommit, headCommit, isDirty, branch], ["/repo", null, "h1", "h2", true, null]);
  assert.deepEqual(
    events.ofTask(j.taskId, 0, 100).flatMap(({ type, data }) => (type === "checkpoint" ? [[data.checkpoint, data.changed_files]] : [])),
    [
      [1, 1],
      [2, 2],
      [2, 2],
      [3, 3],
      [4, 4],
    ],
  );
});

test("why there are no snapshots is known, and is an event only where it is a failure", async (t) => {
  const j = await journal(t);
  j.write({ type: "worker", subtype: "no_checkpoint", kind: "not_a_repository", text: "Not a repository." });
  await j.ingest().catchUp(() => {});
  const { path: directory, repository, problem } = j.store.workspaces.get(j.taskId) ?? {};
  assert.deepEqual([directory, repository, problem], [j.store.tasks.get(j.taskId)?.workingDirectory, null, "Not a repository."]);
  j.write({ type: "worker", subtype: "no_checkpoint", kind: "disk_full", text: "The disk is full." });
  await j.ingest().catchUp(() => {});
  const notices = j.store.events.ofTask(j.taskId, 0, 100).flatMap(({ type, data }) => (type === "notice" ? [data.text] : []));
  assert.deepEqual(notices, ["The disk is full."]);
});

test("an attempt of another server takes nothing in", async (t) => {
  const j = await journal(t);
  j.write({ type: "assistant", message: { id: "m1", content: [{ type: "text", text: "Hello" }] } });
  const ingest = j.ingest();
  j.raw().exec("UPDATE attempts SET epoch = epoch + 1");
  const before = j.store.events.ofTask(j.taskId, 0, 100).length;
  assert.equal(await ingest.catchUp(() => {}), false);
  assert.equal(j.store.events.ofTask(j.taskId, 0, 100).length, before);
});

/** A claimed attempt with a journal on the disk. */
async function journal(t: TestContext) {
  const own = setup(t);
  const { task, attempt } = await own.start();
  const file = path.join(own.directory, "task_raw.log");
  let records = 0;
  const write = (record: Readonly<Record<string, unknown>>): void => {
    records += 1;
    const stamp = { _n: records, _attempt: attempt.id, _at: new Date(Date.UTC(2026, 0, 1) + records).toISOString(), _up: records };
    appendFileSync(file, `${JSON.stringify({ ...record, ...stamp })}\n`);
  };
  return {
    store: own.store,
    raw: () => own.raw(),
    taskId: task.id,
    attemptId: attempt.id,
    write,
    spending: (costUsd: number) => write({ type: "worker", subtype: "spending", costUsd, modelUsage: {} }),
    ingest: () => new Ingest(own.store, own.store.attempts.get(attempt.id) ?? attempt, file, own.directory),
  };
}
