/** Reads processes from `ps`, for systems without /proc (macOS). */
import { execFile } from "node:child_process";
import type { ProcessRow } from "./process-row.ts";

/** pid, parent, state, and the start time in five words: `Sat Nov 22 12:00:00 2026`. */
const columns = "pid=,ppid=,stat=,lstart=";

export async function listFromPs(): Promise<ProcessRow[]> {
  return parseRows(await ps(["-axo", columns]));
}

export async function readFromPs(pid: number): Promise<ProcessRow | null> {
  return parseRows(await ps(["-o", columns, "-p", String(pid)]))[0] ?? null;
}

/**
 * `ps` shows an environment after the command's words, so the value must not hold a blank (runner
 * ids hold none).
 */
export async function markedInPs(rows: readonly ProcessRow[], name: string, value: string): Promise<readonly ProcessRow[]> {
  const shown = await environments();
  const marked = new Set(
    shown
      .split("\n")
      .filter((line) => line.split(" ").includes(`${name}=${value}`))
      .map((line) => Number.parseInt(line, 10)),
  );
  return rows.filter((row) => marked.has(row.pid));
}

export async function markersInPs(name: string): Promise<Set<string>> {
  const words = (await environments()).split(/[ \n]/);
  return new Set(words.filter((word) => word.startsWith(`${name}=`)).map((word) => word.slice(name.length + 1)));
}

/**
 * Prints one line for each process: pid, command, environment. macOS shows environments with -E,
 * other systems with the BSD option e.
 */
function environments(): Promise<string> {
  return ps(process.platform === "darwin" ? ["-axwwE", "-o", "pid=,command="] : ["axeww", "-o", "pid=,command="]);
}

export async function commandFromPs(pid: number): Promise<string> {
  return (await ps(["-o", "command=", "-p", String(pid)])).trim();
}

function parseRows(text: string): ProcessRow[] {
  return text.split("\n").flatMap((line) => {
    const [pid, parent, state, ...start] = line.trim().split(/\s+/);
    if (state === undefined) return [];
    const isZombie = /^[ZX]/.test(state);
    return [{ pid: Number(pid), parent: Number(parent), alive: !isZombie, freed: isZombie, start: start.join(" ") }];
  });
}

/** Its output; empty when it finds nothing (exit code 1) or is not installed. */
function ps(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    execFile("ps", args, { env, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
}
