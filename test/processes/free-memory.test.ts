import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheIn, freeMemory, freeShare } from "../../src/processes/free-memory.ts";
import type { MemoryFacts } from "../../src/processes/free-memory.ts";

const gib = 1024 ** 3;
const machine: MemoryFacts = { total: 64 * gib, free: 32 * gib, limit: 0, left: 32 * gib, cache: () => 0 };

test("the limit of a container counts, and not only the machine's memory", () => {
  assert.equal(freeShare(machine), 0.5);
  assert.equal(freeShare({ ...machine, limit: 2 ** 64 }), 0.5, "what systems without a limit say");
  assert.equal(freeShare({ ...machine, limit: 4 * gib, left: 0.1 * gib }), 0.025);
  assert.equal(freeShare({ ...machine, free: gib, limit: 4 * gib, left: 3 * gib }), 1 / 64, "the machine is short");
  assert.ok(freeMemory() > 0 && freeMemory() <= 1);
});

test("a container that is full of cached files is not short of memory", () => {
  assert.equal(freeShare({ ...machine, limit: 4 * gib, left: 0, cache: () => gib }), 0.25);
  const files = (all: Record<string, string>) => (file: string) => all[file] ?? null;
  const stat = "inactive_file 5\ntotal_inactive_file 7\n";
  const old = "4:memory:/docker/abc\n0::/\n";
  assert.equal(cacheIn(files({ "/proc/self/cgroup": old, "/sys/fs/cgroup/memory/docker/abc/memory.stat": stat })), 7);
  assert.equal(cacheIn(files({ "/proc/self/cgroup": old, "/sys/fs/cgroup/memory/memory.stat": stat })), 7);
  assert.equal(cacheIn(files({ "/proc/self/cgroup": "0::/a.slice\n", "/sys/fs/cgroup/a.slice/memory.stat": "inactive_file 5\n" })), 5);
  assert.equal(cacheIn(files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.stat": "inactive_file 5\n" })), 5);
  assert.equal(cacheIn(files({ "/proc/self/cgroup": "0::/\n" })), 0);
  assert.equal(cacheIn(files({})), 0);
});
