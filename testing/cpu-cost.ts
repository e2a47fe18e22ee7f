/** Measures what work costs by the CPU: a machine that is busy with other things changes little. */

/** The system counts CPU time in steps of some milliseconds: shorter work is repeated. */
const sampleMs = 40;

/**
 * @returns the least user CPU time of several samples, in milliseconds for one run of the work:
 * garbage collection falls into some of them only.
 */
export function leastCpuMs(work: () => void, samples = 5): number {
  return Math.min(...Array.from({ length: samples }, () => sample(work)));
}

function sample(work: () => void): number {
  const start = process.cpuUsage();
  for (let runs = 1; ; runs += 1) {
    work();
    const spentMs = process.cpuUsage(start).user / 1000;
    if (spentMs >= sampleMs) return spentMs / runs;
  }
}
