/** Measures what work costs by the CPU: a machine that is busy with other things changes little. */

/**
 * @returns the least user CPU time of several runs, in milliseconds: garbage collection falls into
 * some of the runs only.
 */
export function leastCpuMs(work: () => void, runs = 5): number {
  const times = Array.from({ length: runs }, () => {
    const start = process.cpuUsage();
    work();
    return process.cpuUsage(start).user / 1000;
  });
  return Math.min(...times);
}
