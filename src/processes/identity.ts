/**
 * Identifies processes by pid and start time: a pid alone is reused, but not both together within
 * one boot. The boot id tells boots apart.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { listProcesses, readProcess } from "./process-table.ts";
import type { ProcessRow } from "./process-row.ts";

/** One process of the present boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; see ProcessRow. */
  readonly start: string;
}

/**
 * This boot's id; null where the system has no boot id. A different id means that the machine has
 * rebooted, so no earlier process is alive.
 */
export async function currentBootId(): Promise<string | null> {
  if (process.platform === "linux") return readFile("/proc/sys/kernel/random/boot_id", "utf8").then(trimmed, () => null);
  return new Promise((resolve) => {
    execFile("sysctl", ["-n", "kern.bootsessionuuid"], (error, stdout) => resolve(error === null ? trimmed(stdout) : null));
  });
}

/** The process that has this pid now, or null when it has ended (a zombie counts as ended). */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  const row = await readProcess(pid);
  return row?.alive ? { pid, start: row.start } : null;
}

/** Whether this very process still runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.start === identity.start;
}

/** Signals the process if it is still the same. @returns whether it was signalled. */
export async function killIfSame(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    // It ended in between, or this user may not signal it.
    return false;
  }
}

/** The living children, grandchildren … of a process, without itself. */
export async function listDescendants(pid: number): Promise<ProcessIdentity[]> {
  return descendantsIn(await listProcesses(), new Set([pid])).filter((row) => row.alive);
}

/** The rows whose line of parents leads to one of `roots`, without the roots. */
export function descendantsIn(rows: readonly ProcessRow[], roots: ReadonlySet<number>): ProcessRow[] {
  const found = new Map<number, ProcessRow>();
  // Parents may come after their children in the list: repeat until no new row is found.
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const row of rows) {
      if (!roots.has(row.pid) && (roots.has(row.parent) || found.has(row.parent))) found.set(row.pid, row);
    }
  }
  return [...found.values()];
}

function trimmed(text: string): string | null {
  return text.trim() || null;
}
