import assert from "node:assert/strict";
import { test } from "node:test";
import { setup } from "../setup.ts";

test("a hold stays until it is lifted, also over a new start", async (t) => {
  const { store, open } = setup(t);
  const hold = { kind: "rate_limited", scope: "all", message: "The five-hour limit is reached.", until: 900 } as const;
  assert.deepEqual(await store.write(() => store.holds.put(hold, 100)), { ...hold, since: 100 });
  await store.close();
  const again = open();
  assert.deepEqual(again.holds.active(), [{ ...hold, since: 100 }]);
  assert.equal(await again.write(() => again.holds.lift("rate_limited", "group:x")), false);
  assert.equal(await again.write(() => again.holds.lift("rate_limited", "all")), true);
  assert.equal(await again.write(() => again.holds.lift("rate_limited", "all")), false);
  assert.deepEqual(again.holds.active(), []);
});

test("there is one hold for each kind and scope: a later one replaces it", async (t) => {
  const { store } = setup(t);
  await store.write(() => {
    store.holds.put({ kind: "manual", scope: "all", message: "Paused.", until: null }, 200);
    store.holds.put({ kind: "manual", scope: "group:nightly", message: "Paused.", until: null }, 150);
    store.holds.put({ kind: "auth_failed", scope: "all", message: "Sign in.", until: null }, 100);
    store.holds.put({ kind: "manual", scope: "all", message: "Paused till noon.", until: 500 }, 300);
  });
  assert.deepEqual(
    store.holds.active().map(({ kind, scope, message, until, since }) => [kind, scope, message, until, since]),
    [
      ["auth_failed", "all", "Sign in.", null, 100],
      ["manual", "group:nightly", "Paused.", null, 150],
      ["manual", "all", "Paused till noon.", 500, 200],
    ],
  );
});

test("a usage limit is not shortened by another one, only lengthened", async (t) => {
  const { store } = setup(t);
  const lasting = async (until: number | null): Promise<unknown> => {
    await store.write(() => store.holds.put({ kind: "rate_limited", scope: "all", message: `until ${until}`, until }, 100));
    return store.holds.active().map((hold) => [hold.message, hold.until]);
  };
  assert.deepEqual(await lasting(700), [["until 700", 700]]);
  assert.deepEqual(await lasting(160), [["until 700", 700]]);
  assert.deepEqual(await lasting(800), [["until 800", 800]]);
  assert.deepEqual(await lasting(null), [["until null", null]]);
  assert.deepEqual(await lasting(900), [["until null", null]]);
});

test("a person's word replaces an earlier one, also by a shorter hold", async (t) => {
  const { store } = setup(t);
  await store.write(() => store.holds.put({ kind: "manual", scope: "all", message: "Paused.", until: null }, 100));
  await store.write(() => store.holds.put({ kind: "manual", scope: "all", message: "Paused till noon.", until: 500 }, 200));
  assert.deepEqual(
    store.holds.active().map(({ until }) => until),
    [500],
  );
});
