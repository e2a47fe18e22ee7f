/** What the operating system lists as running now. Linux tells it in /proc; elsewhere `ps` does. It ends nothing. */
import { listFromProc, markedInProc, markersInProc, readFromProc } from "./proc.ts";
import { listFromPs, markedInPs, markersInPs, readFromPs } from "./ps.ts";

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /**
   * Whether it can run an instruction of its own. False for what has ended and only waits to be reaped (states Z and X), and for what the kernel
   * still takes apart, which needs tens of milliseconds (docs/decisions/0005): both still answer `kill(pid, 0)`. `ps` tells only of the first.
   */
  readonly alive: boolean;
  /** Whether its memory, files and sockets are given back, too: nothing is left of it but its exit code. */
  readonly freed: boolean;
  /** When it started, as this system counts (opaque): with the pid it names one process until the next boot. */
  readonly start: string;
}

const linux = process.platform === "linux";

/** Every process that this user may see, the dead ones included. */
export function listProcesses(): Promise<ProcessRow[]> {
  return linux ? Promise.resolve(listFromProc()) : listFromPs();
}

/** One process, or null when there is none with this pid. */
export function readProcess(pid: number): Promise<ProcessRow | null> {
  return linux ? Promise.resolve(readFromProc(pid)) : readFromPs(pid);
}

/** Those of `rows` that were started with `NAME=value` in their environment. Others' processes cannot be read and are left out. */
export function markedProcesses(rows: readonly ProcessRow[], name: string, value: string): Promise<readonly ProcessRow[]> {
  return linux ? markedInProc(rows, name, value) : markedInPs(rows, name, value);
}

/** The values that the environments of the living processes have for `name`. */
export function markersInUse(name: string): Promise<ReadonlySet<string>> {
  return linux ? markersInProc(name) : markersInPs(name);
}
