/**
 * Lists the running processes: from /proc on Linux, from `ps` on other systems. It ends no process.
 */
import type { ProcessRow } from "./process-row.ts";
import { listFromProc, markedInProc, markersInProc, readFromProc } from "./proc.ts";
import { listFromPs, markedInPs, markersInPs, readFromPs } from "./ps.ts";

const linux = process.platform === "linux";

/** Every process that this user may see, with the dead ones. */
export function listProcesses(): Promise<ProcessRow[]> {
  return linux ? Promise.resolve(listFromProc()) : listFromPs();
}

/** One process, or null when there is none with this pid. */
export function readProcess(pid: number): Promise<ProcessRow | null> {
  return linux ? Promise.resolve(readFromProc(pid)) : readFromPs(pid);
}

/**
 * Those of `rows` that were started with `NAME=value` in their environment. Processes of other
 * users cannot be read and are left out.
 */
export function markedProcesses(rows: readonly ProcessRow[], name: string, value: string): Promise<readonly ProcessRow[]> {
  return linux ? markedInProc(rows, name, value) : markedInPs(rows, name, value);
}

/** The values that the environments of the living processes have for `name`. */
export function markersInUse(name: string): Promise<ReadonlySet<string>> {
  return linux ? markersInProc(name) : markersInPs(name);
}
