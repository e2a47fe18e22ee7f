import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };

test("hold and resume answer with the holds that are then in force", async (t) => {
  const { api, store } = realApi(t);
  const held = (await api.hold({ reason: "lunch" }, person)).holds;
  assert.deepEqual(
    held.map(({ kind, message }) => [kind, message]),
    [["manual", "lunch"]],
  );
  await store.write(() => store.holds.put({ kind: "auth_failed", scope: "account:a", message: "Sign in.", until: null }, 1));
  assert.deepEqual((await api.resume({}, person)).holds, [], "every kind of hold is lifted, and none of them is told any more");
  assert.deepEqual((await api.listHolds()).holds, []);
  assert.deepEqual((await api.resume({}, person)).holds, [], "also when there was none");
});

test("a hold without a reason says how to resume", async (t) => {
  const { api } = realApi(t);
  const [hold] = (await api.hold({ reason: null }, person)).holds;
  assert.match(hold?.message ?? "", /claude-worker resume/);
});

test("resume ends the back-off of refused tasks, and leaves that of others", async (t) => {
  const { api, store, corner, clock } = realApi(t);
  const later = clock.nowMs + 3_600_000;
  const waiting = async (reason: "refused" | "retry"): Promise<number> => {
    const { id } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
    await store.write(() =>
      store.tasks.patch(id, clock.nowMs, { notBefore: later, notBeforeReason: reason, refusals: reason === "refused" ? 1 : 0 }),
    );
    return id;
  };
  const [refused, retried] = [await waiting("refused"), await waiting("retry")];
  await api.resume({}, person);
  const notBefore = (id: number): number | null => store.tasks.get(id)?.notBefore ?? null;
  assert.ok((notBefore(refused) ?? 0) <= clock.nowMs);
  assert.equal(notBefore(retried), later);
});

test("resume gives up the probes that were asked for", async (t) => {
  const { api, store, clock } = realApi(t);
  const probe = { refusal: "401", kind: "auth_failed", scope: "account:a", model: null, message: "Invalid API key.", tries: 0 } as const;
  await store.write(() => store.probes.ask({ ...probe, at: clock.nowMs }));
  await api.resume({}, person);
  assert.deepEqual(store.probes.list(), []);
});
