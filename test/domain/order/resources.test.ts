import assert from "node:assert/strict";
import { test } from "node:test";
import { expectedMb, resourceBlock } from "../../../src/domain/order/resources.ts";

const floors = { minFreeMemoryMb: 500, minFreeDiskMb: 200, maxLoadPerCpu: 8 };
const idle = { freeMemoryMb: 8_000, loadPerCpu: 0.5 };
const disks = [
  { path: "/data", freeMb: 5_000 },
  { path: "/work", freeMb: 5_000 },
];
const needs = { memoryMb: 1_000, disks };
const others = { running: 1, youngMb: 0 };
const blocker = (...args: Parameters<typeof resourceBlock>) => resourceBlock(...args)?.blocker ?? null;

test("a task waits while its memory and the floor are not free, and says the figures", () => {
  assert.equal(blocker(needs, { ...idle, freeMemoryMb: 1_500 }, floors, others), null);
  const block = resourceBlock(needs, { ...idle, freeMemoryMb: 1_499 }, floors, others);
  assert.equal(block?.blocker, "memory");
  assert.match(block?.message ?? "", /1499 MB of memory free\. .*take 1000 MB, and 500 MB are to stay free \(min_free_memory_mb\)/);
});

test("what tasks that have just started will take counts as taken", () => {
  const block = resourceBlock(needs, { ...idle, freeMemoryMb: 2_400 }, floors, { running: 1, youngMb: 1_000 });
  assert.match(block?.message ?? "", /of which tasks that have just started will take 1000 MB/);
});

test("a task waits while the load is high", () => {
  assert.equal(blocker(needs, { ...idle, loadPerCpu: 8 }, floors, others), null);
  const block = resourceBlock(needs, { ...idle, loadPerCpu: 8.25 }, floors, others);
  assert.match(block?.message ?? "", /load is 8\.3 for each processor, and 8 is the most.*max_load_per_cpu/);
});

test("memory and load never hold up the only task, a full disk does", () => {
  const alone = { running: 0, youngMb: 0 };
  assert.equal(blocker(needs, { freeMemoryMb: 10, loadPerCpu: 99 }, floors, alone), null);
  const full = { ...needs, disks: [...disks, { path: "/small", freeMb: 199 }] };
  assert.equal(blocker(full, idle, floors, alone), "disk:/small");
  assert.match(resourceBlock(full, idle, floors, alone)?.message ?? "", /disk of \/small has 199 MB free, and 200 MB are to stay free/);
});

test("what is not looked at, or cannot be read, holds up nothing", () => {
  const none = { minFreeMemoryMb: null, minFreeDiskMb: null, maxLoadPerCpu: null };
  const full = { memoryMb: 1_000, disks: [{ path: "/small", freeMb: 0 }] };
  assert.equal(blocker(full, { freeMemoryMb: 0, loadPerCpu: 99 }, none, others), null);
  const unknown = { memoryMb: 1_000, disks: [{ path: "/gone", freeMb: null }] };
  assert.equal(blocker(unknown, { freeMemoryMb: null, loadPerCpu: null }, floors, others), null);
});

test("what a task needs is the second largest of the earlier peaks", () => {
  const of = (...peaks: number[]) => expectedMb(peaks);
  assert.deepEqual([of(), of(300), of(300, 700), of(300, 9_000, 700)], [null, 300, 700, 700]);
});
