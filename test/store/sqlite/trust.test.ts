import assert from "node:assert/strict";
import { test } from "node:test";
import { setup } from "../setup.ts";

test("a trusted directory is kept with the moment of its first trust", async (t) => {
  const { store, open } = setup(t);
  await store.write(() => {
    store.trust.add("/b", 200);
    store.trust.add("/a/ü b", 100);
    store.trust.add("/b", 300);
  });
  await store.close();
  const again = open();
  assert.deepEqual(again.trust.list(), [
    { path: "/a/ü b", since: 100 },
    { path: "/b", since: 200 },
  ]);
  assert.equal(await again.write(() => again.trust.remove("/b")), true);
  assert.equal(await again.write(() => again.trust.remove("/b")), false);
  assert.deepEqual(
    again.trust.list().map(({ path }) => path),
    ["/a/ü b"],
  );
});
