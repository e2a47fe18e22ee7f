/** Measures what work costs by the CPU: a machine that is busy with other things changes little. */

/** The system counts CPU time in steps: less than one of them may be reported as nothing. */
const leastMs = 1;

/**
 * @returns the least user CPU time of several runs, in milliseconds, and never less than 1: garbage
 * collection falls into some of the runs only.
 */
export function leastCpuMs(work: () => void, runs = 5): number {
  const times = Array.from({ length: runs }, () => {
    const start = process.cpuUsage();
    work();
    return process.cpuUsage(start).user / 1000;
  });
  return Math.max(leastMs, Math.min(...times));
}
