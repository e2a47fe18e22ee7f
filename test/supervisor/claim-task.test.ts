import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { claimTask } from "../../src/supervisor/claim-task.ts";
import { pathsFrom } from "../../src/config/paths.ts";
import { setup as storeSetup } from "../store/setup.ts";

/** Claims as the supervisor does, all in one write. */
function setup(t: TestContext) {
  const base = storeSetup(t);
  const { store, directory } = base;
  const paths = pathsFrom({ HOME: directory, CLAUDE_WORKER_HOME: directory });
  const context = { store, paths, nodeId: "n", bootId: null, now: () => 5, account: () => "a" };
  const claim = (ids: readonly number[]): Promise<boolean[]> =>
    store.write(() =>
      ids.map((id) => {
        const runner = { runnerId: `runner-${id}`, warm: false, profile: "default", connect: () => Promise.resolve(null) };
        return claimTask(context, id, runner) !== null;
      }),
    );
  return { ...base, claim };
}

test("of two claims with the same lock in one write one gets the task", async (t) => {
  const { submit, claim, store } = setup(t);
  const [first, second, other] = [
    await submit({ locks: ["db", "net"] }),
    await submit({ locks: ["net"] }),
    await submit({ locks: ["s3"] }),
  ];
  assert.deepEqual(await claim([first.id, second.id, other.id]), [true, false, true]);
  assert.equal(store.tasks.row(second.id)?.status, "pending");
});

test("of two claims for the last place of a group in one write one gets the task", async (t) => {
  const { submit, claim, store } = setup(t);
  await store.write(() => store.groups.put({ name: "small", maxRunning: 1, pausedAt: null, createdAt: 1 }));
  const [first, second, other] = [await submit({ group: "small" }), await submit({ group: "small" }), await submit()];
  assert.deepEqual(await claim([first.id, second.id, other.id]), [true, false, true]);
});

test("what was put aside, delayed, paused or edited since it was chosen is not claimed", async (t) => {
  const { submit, claim, store } = setup(t);
  const { id } = await submit({ group: "nightly" });
  const isClaimedAfter = async (change: () => unknown): Promise<boolean | undefined> => {
    await store.write(change);
    return (await claim([id]))[0];
  };
  assert.equal(await isClaimedAfter(() => store.tasks.patch(id, 2, { stashedAt: 2 })), false);
  const later = { stashedAt: null, notBefore: 6, notBeforeReason: "schedule" };
  assert.equal(await isClaimedAfter(() => store.tasks.patch(id, 2, later)), false);
  const hold = { kind: "manual", scope: "all", message: "Paused.", until: null } as const;
  assert.equal(await isClaimedAfter(() => [store.tasks.patch(id, 2, { notBefore: 5 }), store.holds.put(hold, 2)]), false);
  const nightly = { name: "nightly", maxRunning: null, pausedAt: 2, createdAt: 1 };
  assert.equal(await isClaimedAfter(() => [store.holds.lift("manual", "all"), store.groups.put(nightly)]), false);
  const unfilled = { literalFrom: null, given: { needs: {} } };
  assert.equal(await isClaimedAfter(() => [store.groups.remove("nightly"), store.prompts.put(id, unfilled)]), false);
  assert.equal(await isClaimedAfter(() => store.prompts.fillIn(id, { rendered: "Go.", hasMention: false })), true);
});
