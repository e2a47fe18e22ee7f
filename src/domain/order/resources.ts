/**
 * Resources: decides whether this machine can carry one more task. Pure; the scheduler's gate reads
 * the machine, and remembers what it decided for the views.
 */

/** What was read of the machine. A value that is null could not be read, and holds up nothing. */
export interface MachineState {
  /** Memory that processes may still take, MB: of the machine, or of its container. */
  readonly freeMemoryMb: number | null;
  /** Load of the last minute by processor. */
  readonly loadPerCpu: number | null;
}

/** What has to stay free. null: it is not looked at. */
export interface ResourceFloors {
  readonly minFreeMemoryMb: number | null;
  readonly minFreeDiskMb: number | null;
  readonly maxLoadPerCpu: number | null;
}

/** A place on a disk that the task writes to. */
export interface DiskPlace {
  readonly path: string;
  /** null: it could not be read. */
  readonly freeMb: number | null;
}

export interface ResourceNeeds {
  /** What the task is expected to take at most, MB. */
  readonly memoryMb: number;
  readonly disks: readonly DiskPlace[];
}

export interface ResourceBlock {
  readonly reason: "resources";
  /** `memory`, `load`, `disk:/home/me/project`. */
  readonly blocker: string;
  /** A sentence for people, with the figures. */
  readonly message: string;
}

/** What a task is expected to take where no earlier one is known: Claude Code, runner and tools. */
export const unknownTaskMb = 512;

/**
 * Why the task may not start now; null: it may. Memory and load never hold up the only task: when
 * nothing of ours runs, waiting for others would have no end. A full disk does.
 * @param others.running how many tasks run. @param others.youngMb what tasks that have just started
 * will still take, MB.
 */
export function resourceBlock(
  { memoryMb, disks }: ResourceNeeds,
  { freeMemoryMb, loadPerCpu }: MachineState,
  { minFreeMemoryMb, minFreeDiskMb, maxLoadPerCpu }: ResourceFloors,
  { running, youngMb }: { readonly running: number; readonly youngMb: number },
): ResourceBlock | null {
  const full = disks.find(({ freeMb }) => minFreeDiskMb !== null && freeMb !== null && freeMb < minFreeDiskMb);
  if (full !== undefined) {
    const message = `The disk of ${full.path} has ${full.freeMb} MB free, and ${minFreeDiskMb} MB are to stay free (min_free_disk_mb).`;
    return { reason: "resources", blocker: `disk:${full.path}`, message };
  }
  if (running === 0) return null;
  if (minFreeMemoryMb !== null && freeMemoryMb !== null && freeMemoryMb - youngMb - memoryMb < minFreeMemoryMb) {
    const young = youngMb === 0 ? "" : `, of which tasks that have just started will take ${youngMb} MB`;
    const message = `The machine has ${freeMemoryMb} MB of memory free${young}. The task is expected to take ${memoryMb} MB, and ${minFreeMemoryMb} MB are to stay free (min_free_memory_mb).`;
    return { reason: "resources", blocker: "memory", message };
  }
  if (maxLoadPerCpu !== null && loadPerCpu !== null && loadPerCpu > maxLoadPerCpu) {
    const message = `The machine's load is ${loadPerCpu.toFixed(1)} for each processor, and ${maxLoadPerCpu} is the most at which tasks start (max_load_per_cpu).`;
    return { reason: "resources", blocker: "load", message };
  }
  return null;
}

/** So many peaks of earlier tasks count. */
export const keptPeaks = 10;

/**
 * What a task is expected to take, MB: the second largest of the peaks of earlier tasks, so that
 * one outlier does not decide; the largest where there are only two. Null: none is known.
 */
export function expectedMb(peaks: readonly number[]): number | null {
  const sorted = peaks.toSorted((a, b) => b - a);
  return (sorted.length < 3 ? sorted[0] : sorted[1]) ?? null;
}
