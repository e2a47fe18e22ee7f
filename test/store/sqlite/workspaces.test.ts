import assert from "node:assert/strict";
import { test } from "node:test";
import { setup } from "../setup.ts";

test("unfinished tasks of a checkout are found in and below it, newest first", async (t) => {
  const { store, submit, start } = setup(t);
  const at = async (workingDirectory: string): Promise<number> => (await submit({ workingDirectory })).id;
  const inIt = [await at("/a/b"), await at("/a/b"), await at("/a/b")];
  const below = [await at("/a/b/c"), await at("/a/b/c/d")];
  for (const beside of ["/a", "/a/b-c", "/a/b0", "/a/bc"]) await at(beside);
  const { task, attempt } = await start({ workingDirectory: "/a/b/c" });
  await store.write(() => {
    store.attempts.close(attempt.id, { kind: "succeeded", message: "" }, 5);
    store.tasks.transition(task.id, "complete", 5);
  });
  const running = (await start({ workingDirectory: "/a/b/x" })).task.id;
  const ids = (path: string, most: number): number[] => store.workspaces.unfinishedAt(path, most).map(({ id }) => id);
  assert.deepEqual(ids("/a/b", 9), [running, ...below.toReversed(), ...inIt.toReversed()]);
  assert.deepEqual(ids("/a/b", 2), [running, ...below.toReversed(), ...inIt.slice(1).toReversed()], "of each directory the newest");
  assert.deepEqual(ids("/a/b/c/d", 9), [below[1]]);
  assert.equal(ids("/", 9).length, 10);
  assert.deepEqual(store.workspaces.busyAt("/a"), [running]);
});
