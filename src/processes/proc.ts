/** Linux: what /proc says of processes (proc_pid_stat(5), proc_pid_environ(5)). Synchronous: each read is a few microseconds. */
import { readdirSync, readFileSync } from "node:fs";
import type { ProcessRow } from "./process-table.ts";

/** PF_EXITING of the kernel's sched.h: this thread has run its last instruction. */
const exitingFlag = 0x4;

export function listFromProc(): ProcessRow[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readFromProc(Number(name)))
    .filter((row) => row !== null);
}

export function readFromProc(pid: number): ProcessRow | null {
  const stat = readStat(`${pid}`);
  if (stat === null) return null;
  // The state is that of the first thread: it alone may be over, while others go on.
  const alive = !(stat.isOver && areThreadsOver(pid));
  return { pid, parent: stat.parent, alive, freed: !alive && stat.isZombie && threadsOf(pid).length <= 1, start: stat.start };
}

export function markedInProc(rows: readonly ProcessRow[], name: string, value: string): ProcessRow[] {
  const entry = `${name}=${value}`;
  // The start time is read again behind the environment: both then belong to the same process.
  return rows.filter((row) => read(row.pid, "environ")?.split("\0").includes(entry) && readFromProc(row.pid)?.start === row.start);
}

/** The values of `name` in the environments that this user may read. */
export function markersInProc(name: string): Set<string> {
  const entries = listFromProc().flatMap((row) => (row.alive ? (read(row.pid, "environ")?.split("\0") ?? []) : []));
  return new Set(entries.filter((entry) => entry.startsWith(`${name}=`)).map((entry) => entry.slice(name.length + 1)));
}

interface Stat {
  readonly parent: number;
  readonly start: string;
  readonly isZombie: boolean;
  /** It runs no instruction of its own any more. */
  readonly isOver: boolean;
}

/** @param place below /proc: a process, or one of its threads. */
function readStat(place: string): Stat | null {
  const stat = read(place, "stat");
  if (stat === null) return null;
  // The command's name stands in parentheses and may hold anything: the fields are counted from the last one (state is field 3).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const [flags, start] = [fields[6], fields[19]];
  if (state === undefined || start === undefined) return null;
  const isZombie = state === "Z" || state === "X";
  return { parent: Number(parent), start, isZombie, isOver: isZombie || (Number(flags) & exitingFlag) !== 0 };
}

/** Threads begin while we look: they are listed until no new one is found. A thread that runs another program takes the process's own number over. */
function areThreadsOver(pid: number): boolean {
  const seen = new Set<string>();
  for (let fresh = threadsOf(pid); fresh.length > 0; fresh = threadsOf(pid).filter((thread) => !seen.has(thread))) {
    if (!fresh.every((thread) => readStat(`${pid}/task/${thread}`)?.isOver ?? true)) return false;
    for (const thread of fresh) seen.add(thread);
  }
  return readStat(`${pid}`)?.isOver ?? true;
}

/** Empty when the process is gone. */
function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** The direct children of a process, the dead ones included; null where the kernel does not list them (CONFIG_PROC_CHILDREN). */
export function childrenFromProc(pid: number): number[] | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1"));
    return threads.flatMap((children) => children.split(" ").filter(Boolean).map(Number));
  } catch {
    return null;
  }
}

/** The command line, arguments parted by blanks; empty for what has none. */
export function commandFromProc(pid: number): string {
  return read(pid, "cmdline")?.replaceAll("\0", " ").trim() ?? "";
}

function read(place: number | string, file: string): string | null {
  try {
    return readFileSync(`/proc/${place}/${file}`, "latin1");
  } catch {
    // It has ended, or it belongs to somebody else.
    return null;
  }
}
