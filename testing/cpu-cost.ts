/** Measures what work costs by the CPU: a machine that is busy with other things changes little. */
import assert from "node:assert/strict";

/** The system counts CPU time in steps of some milliseconds: shorter work is repeated. */
const sampleMs = 40;

/**
 * @returns the least user CPU time of several samples, in milliseconds for one run of the work:
 * garbage collection falls into some of them only.
 */
export function leastCpuMs(work: () => unknown, samples = 5): number {
  return Math.min(...Array.from({ length: samples }, () => sample(work)));
}

/**
 * Fails when the work on eight times the text takes more than 40 times the CPU time: with the
 * square of the length it would be 64 times. Work that is quick with the long text needs one look.
 * @param few the short text: many pieces that are made to be slow.
 */
export function assertLinear(few: string, work: (text: string) => unknown): void {
  const many = few.repeat(8);
  const leastMs = 2.5;
  const start = process.cpuUsage();
  work(many);
  if (process.cpuUsage(start).user / 1000 < leastMs * 40) return;
  const [short, long] = [leastCpuMs(() => work(few), 3), leastCpuMs(() => work(many), 3)];
  assert.ok(long < Math.max(short, leastMs) * 40, `${JSON.stringify(few.slice(0, 40))}: ${short} ms, then ${long} ms`);
}

function sample(work: () => unknown): number {
  const start = process.cpuUsage();
  for (let runs = 1; ; runs += 1) {
    work();
    const spentMs = process.cpuUsage(start).user / 1000;
    if (spentMs >= sampleMs) return spentMs / runs;
  }
}
