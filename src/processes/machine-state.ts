/** Reads how much memory of the machine is free, its load, and how much room a disk has. */
import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { cacheInContainer } from "./free-memory.ts";

const megabyte = 1_048_576;
/** A file system of a network that does not answer counts as not readable. */
const diskLimitMs = 2_000;

export interface MachineReading {
  readonly freeMemoryMb: number | null;
  readonly loadPerCpu: number | null;
}

/** @param platform default: of this machine. */
export async function readMachine(platform: NodeJS.Platform = process.platform): Promise<MachineReading> {
  const free = platform === "darwin" ? await freeOnMac() : freeBytes();
  return {
    freeMemoryMb: free === null ? null : Math.floor(free / megabyte),
    loadPerCpu: platform === "win32" ? null : (loadavg()[0] ?? 0) / availableParallelism(),
  };
}

/** On Linux Node reads MemAvailable. A container's cache of files is free in the same way. */
function freeBytes(): number {
  const limit = process.constrainedMemory();
  if (limit <= 0 || limit >= totalmem()) return freemem();
  return Math.min(freemem(), limit, process.availableMemory() + cacheInContainer());
}

/** macOS keeps little memory free: what is inactive or can be purged is given at once. */
async function freeOnMac(): Promise<number | null> {
  try {
    const { stdout } = await promisify(execFile)("/usr/bin/vm_stat", { timeout: diskLimitMs });
    return freeInVmStat(stdout);
  } catch {
    return null;
  }
}

/** Bytes that processes may take, from the output of `vm_stat`; null: it cannot be read. */
export function freeInVmStat(text: string): number | null {
  const pageSize = Number(/page size of (\d+) bytes/.exec(text)?.[1]);
  const pages = ["free", "inactive", "speculative", "purgeable"].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0),
  );
  const sum = pages.reduce((total, count) => total + count, 0) * pageSize;
  return Number.isNaN(sum) || sum === 0 ? null : sum;
}

/** MB that this user may still write there; null: the place is missing or does not answer. */
export async function freeDiskMb(path: string): Promise<number | null> {
  const read = statfs(path).then(
    ({ bavail, bsize }) => Math.floor((bavail * bsize) / megabyte),
    () => null,
  );
  return await Promise.race([read, delay(diskLimitMs, null, { ref: false })]);
}
