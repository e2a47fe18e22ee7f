/** Linux: what /proc says of processes (proc_pid_stat(5), proc_pid_environ(5)). Synchronous: each read is a few microseconds. */
import { readdirSync, readFileSync } from "node:fs";
import type { ProcessRow } from "./process-table.ts";

export function listFromProc(): ProcessRow[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readFromProc(Number(name)))
    .filter((row) => row !== null);
}

export function readFromProc(pid: number): ProcessRow | null {
  const stat = read(pid, "stat");
  if (stat === null) return null;
  // The command's name stands in parentheses and may hold anything: the fields are counted from the last one (state is field 3).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const start = fields[19];
  if (state === undefined || start === undefined) return null;
  return { pid, parent: Number(parent), alive: state !== "Z" && state !== "X", start };
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

function read(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // It has ended, or it belongs to somebody else.
    return null;
  }
}
