/**
 * What a process costs: its wall time from spawn to exit, its memory, its CPU time. The last two
 * read /proc.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface Ended {
  readonly stdout: string;
  readonly ms: number;
}

/**
 * Runs a program to its end, its standard input empty. @throws when it fails, with what it said.
 */
export function run(
  command: string,
  args: readonly string[],
  { env, cwd }: { env: Readonly<Record<string, string>>; cwd: string },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { env: { ...env }, cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr, ms] = ["", "", 0];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("exit", (code) => {
      ms = performance.now() - start;
      // Its children may hold its pipes open; this waits for the end of the process itself.
      setImmediate(() => {
        if (code === 0) resolve({ stdout, ms });
        else reject(new Error(`${command} ${args.join(" ")} ended with ${String(code)}: ${stderr || stdout}`));
      });
    });
  });
}

/**
 * Resident memory in MB (10^6 bytes; the kernel counts in KiB). @param kind `RssAnon` counts only
 * what no file holds: the process's own.
 */
export function residentMb(pid: number, kind: "VmRSS" | "RssAnon" = "VmRSS"): number {
  const kib = new RegExp(`^${kind}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no memory: it has ended`);
  return (Number(kib) * 1024) / 1e6;
}

/** CPU time of all of its threads so far, in ms. */
export function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    const nanoseconds = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0];
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
}

/** The CPU time that a process takes over so long, in percent of one core. */
export async function cpuPercent(pid: number, overMs: number): Promise<number> {
  const [before, start] = [cpuMs(pid), performance.now()];
  await delay(overMs);
  return ((cpuMs(pid) - before) / (performance.now() - start)) * 100;
}
