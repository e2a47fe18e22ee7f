/**
 * Says how much memory is free: of the machine, and of the container (cgroup) where one has a
 * limit. Reads the system only.
 */
import { readFileSync } from "node:fs";
import { freemem, totalmem } from "node:os";

/** Bytes. */
export interface MemoryFacts {
  readonly total: number;
  readonly free: number;
  /** What the processes of the container may use in all; 0, or more than there is: no limit. */
  readonly limit: number;
  /** What they may still use. */
  readonly left: number;
  /** What of their use is cache of files, which the kernel drops when memory is needed. */
  cache(): number;
}

/** The share that is free, 0 to 1: the smaller one of machine and container. */
export function freeShare({ total, free, limit, left, cache }: MemoryFacts): number {
  const ofMachine = free / total;
  if (limit <= 0 || limit >= total) return ofMachine;
  return Math.min(ofMachine, Math.min(limit, left + cache()) / limit);
}

export function freeMemory(): number {
  return freeShare({
    total: totalmem(),
    free: freemem(),
    limit: process.constrainedMemory(),
    left: process.availableMemory(),
    cache: cacheInContainer,
  });
}

/** The same for this process. */
export function cacheInContainer(): number {
  return cacheIn(read);
}

/**
 * The cache of files that was not used lately, in bytes; 0: unknown, or not Linux. Both versions of
 * cgroups count it as used, so a container with many files would always look full.
 * @param text of a file; null: it cannot be read.
 */
export function cacheIn(text: (file: string) => string | null): number {
  const rows = (text("/proc/self/cgroup") ?? "").split("\n").map((row) => row.split(":"));
  for (const [, controllers = "", place = ""] of rows) {
    const isOld = controllers.split(",").includes("memory");
    if (!isOld && controllers !== "") continue;
    const root = isOld ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    // The old ones have two numbers: this one is with the groups below.
    const line = isOld ? /^total_inactive_file (\d+)$/m : /^inactive_file (\d+)$/m;
    // Without a namespace of its own, a container has its group at the root.
    for (const folder of [`${root}${place === "/" ? "" : place}`, root]) {
      const bytes = line.exec(text(`${folder}/memory.stat`) ?? "")?.[1];
      if (bytes !== undefined) return Number(bytes);
    }
  }
  return 0;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
