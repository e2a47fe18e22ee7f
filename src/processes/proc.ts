/**
 * Reads processes from /proc on Linux (proc_pid_stat(5), proc_pid_environ(5)). The reads are
 * synchronous: each takes a few microseconds.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessRow } from "./process-row.ts";

/** PF_EXITING of the kernel's sched.h: this thread has run its last instruction. */
const exitingFlag = 0x4;
/** PF_KTHREAD: a kernel thread. */
const kernelFlag = 0x200000;

/** A process that shows no environment is read again after each of these times. */
const blankMs = [2, 5, 10, 20];

export function listFromProc(): ProcessRow[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readFromProc(Number(name)))
    .filter((row) => row !== null);
}

export function readFromProc(pid: number): ProcessRow | null {
  const stat = readStat(`${pid}`);
  if (stat === null) return null;
  // The state is that of the first thread: it may have ended while other threads continue.
  const alive = !(stat.isOver && areThreadsOver(pid));
  return { pid, parent: stat.parent, alive, freed: !alive && stat.isZombie && threadsOf(pid).length <= 1, start: stat.start };
}

export async function markedInProc(rows: readonly ProcessRow[], name: string, value: string): Promise<ProcessRow[]> {
  const entry = `${name}=${value}`;
  const environments = await environmentsOf(rows);
  const marked = [...environments].filter(([, entries]) => entries.includes(entry)).map(([row]) => row);
  // The start time is read again after the environment, so that both belong to the same process.
  return marked.filter((row) => readFromProc(row.pid)?.start === row.start);
}

/** The values of `name` in the environments that this user may read. */
export async function markersInProc(name: string): Promise<Set<string>> {
  const environments = await environmentsOf(listFromProc().filter(({ alive }) => alive));
  const entries = [...environments.values()].flat();
  return new Set(entries.filter((entry) => entry.startsWith(`${name}=`)).map((entry) => entry.slice(name.length + 1)));
}

/**
 * The environments that this user may read, as entries `NAME=value`. A process that is starting
 * another program (execve(2)) shows no environment for a moment, like a process that has none: both
 * are read again.
 */
async function environmentsOf(rows: readonly ProcessRow[]): Promise<Map<ProcessRow, readonly string[]>> {
  const environments = new Map<ProcessRow, readonly string[]>();
  let blank = readEnvironments(rows, environments);
  for (const waitMs of blankMs) {
    if (blank.length === 0) break;
    await delay(waitMs);
    blank = readEnvironments(blank, environments);
  }
  return environments;
}

/** @returns the processes that show no environment although they should have one. */
function readEnvironments(rows: readonly ProcessRow[], found: Map<ProcessRow, readonly string[]>): ProcessRow[] {
  return rows.filter((row) => {
    const environment = read(row.pid, "environ");
    if (environment === "") return row.alive && readStat(`${row.pid}`)?.isKernel === false;
    if (environment !== null) found.set(row, environment.split("\0"));
    return false;
  });
}

interface Stat {
  readonly parent: number;
  readonly start: string;
  readonly isZombie: boolean;
  /** It can no longer run an instruction. */
  readonly isOver: boolean;
  /** A kernel thread, which has no environment. */
  readonly isKernel: boolean;
}

/** @param place below /proc: a process, or one of its threads. */
function readStat(place: string): Stat | null {
  const stat = read(place, "stat");
  if (stat === null) return null;
  // The command's name is in parentheses and may hold any character, so the fields are counted from
  // the last parenthesis (state is field 3).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const [flags, start] = [fields[6], fields[19]];
  if (state === undefined || start === undefined) return null;
  const isZombie = state === "Z" || state === "X";
  const isSet = (flag: number): boolean => (Number(flags) & flag) !== 0;
  return { parent: Number(parent), start, isZombie, isOver: isZombie || isSet(exitingFlag), isKernel: isSet(kernelFlag) };
}

/**
 * Threads may begin during the look, so they are listed until no new one is found. A thread that
 * runs another program takes over the process's own number.
 */
function areThreadsOver(pid: number): boolean {
  const seen = new Set<string>();
  for (let fresh = threadsOf(pid); fresh.length > 0; fresh = threadsOf(pid).filter((thread) => !seen.has(thread))) {
    if (fresh.some((thread) => readStat(`${pid}/task/${thread}`)?.isOver === false)) return false;
    for (const thread of fresh) seen.add(thread);
  }
  return readStat(`${pid}`)?.isOver !== false;
}

/** Empty when the process is gone. */
function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/**
 * The direct children of a process, with the dead ones; null where the kernel does not list them
 * (CONFIG_PROC_CHILDREN).
 */
export function childrenFromProc(pid: number): number[] | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1"));
    return threads.flatMap((children) => children.split(" ").filter(Boolean).map(Number));
  } catch {
    return null;
  }
}

/** The command line, with blanks between the arguments; empty where there is none. */
export function commandFromProc(pid: number): string {
  return read(pid, "cmdline", "utf8")?.replaceAll("\0", " ").trim() ?? "";
}

function read(place: number | string, file: string, encoding: "latin1" | "utf8" = "latin1"): string | null {
  try {
    return readFileSync(`/proc/${place}/${file}`, encoding);
  } catch {
    // It has ended, or it belongs to another user.
    return null;
  }
}
