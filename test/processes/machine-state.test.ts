import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir, totalmem } from "node:os";
import { test } from "node:test";
import { freeDiskMb, freeInVmStat, readMachine } from "../../src/processes/machine-state.ts";
import { treeInPs, treeMemoryMb } from "../../src/processes/tree-memory.ts";

test("the machine's free memory and load are read", async () => {
  const { freeMemoryMb, loadPerCpu } = await readMachine();
  assert.ok(freeMemoryMb !== null && freeMemoryMb > 0 && freeMemoryMb * 1_048_576 <= totalmem());
  assert.ok(loadPerCpu !== null && loadPerCpu >= 0);
});

test("on macOS what is inactive, speculative or can be purged counts as free", () => {
  const text = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                3000.
Pages active:                            400000.
Pages inactive:                          200000.
Pages speculative:                         1000.
Pages purgeable:                            500.
`;
  assert.equal(freeInVmStat(text), 204_500 * 16_384);
  assert.equal(freeInVmStat("no such thing"), null);
});

test("a disk's room is read, and a missing place is unknown", async () => {
  assert.ok(((await freeDiskMb(tmpdir())) ?? 0) > 0);
  assert.equal(await freeDiskMb("/no/such/place"), null);
});

test("the memory of a process counts with that of its descendants", async () => {
  const before = (await treeMemoryMb(process.pid)) ?? 0;
  const child = spawn(process.execPath, ["-e", "const b = Buffer.alloc(200e6, 1); console.log(b.length); process.stdin.resume()"]);
  await once(child.stdout, "data");
  const during = (await treeMemoryMb(process.pid)) ?? 0;
  child.stdin.end();
  await once(child, "exit");
  assert.ok(during - before > 150, `${before} MB before, ${during} MB with the child`);
});

test("the tree is found in what ps prints", () => {
  assert.equal(treeInPs("  10  1  2048\n  11  10  1024\n  12  11  3072\n  13  1  9999\n", 10), 6);
  assert.equal(treeInPs("  13  1  9999\n", 10), null);
});
