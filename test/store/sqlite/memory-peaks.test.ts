import assert from "node:assert/strict";
import { test } from "node:test";
import { setup } from "../setup.ts";

test("what a task needs is learned from the last ten of its directory and group", async (t) => {
  const { store } = setup(t);
  const learn = (directory: string, group: string, ...peaks: number[]): Promise<void> =>
    store.write(() => peaks.forEach((peak, index) => store.memoryPeaks.learn(directory, group, peak, index)));
  assert.equal(store.memoryPeaks.expect("/a", "default"), null);
  await learn("/a", "default", 9_000, 8_000, ...Array.from({ length: 10 }, (_, index) => 100 + index));
  await learn("/a", "nightly", 2_000.4);
  assert.deepEqual(
    [
      ["/a", "default"],
      ["/a", "nightly"],
      ["/a", "new"],
      ["/b", "default"],
    ].map(([directory = "", group = ""]) => store.memoryPeaks.expect(directory, group)),
    [108, 2_000, 109, null],
  );
});
