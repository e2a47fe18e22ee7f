/** Finds the processes that work in a directory: those whose working directory lies in it. */
import { execFile } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";

/**
 * @param directory absolute, a real path.
 * @returns their pids; null: they cannot be listed.
 */
export async function processesInside(directory: string): Promise<number[] | null> {
  const found = process.platform === "linux" ? directoriesFromProc() : await directoriesFromLsof();
  if (found === null) return null;
  return found.filter(([, place]) => place === directory || place.startsWith(`${directory}/`)).map(([pid]) => pid);
}

type Place = readonly [pid: number, directory: string];

/** Processes of other users cannot be read, and are left out. */
function directoriesFromProc(): Place[] | null {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return [[Number(name), readlinkSync(`/proc/${name}/cwd`)] as const];
        } catch {
          return [];
        }
      });
  } catch {
    return null;
  }
}

/** Prints `p` and the pid, then `n` and the directory, a line each. */
async function directoriesFromLsof(): Promise<Place[] | null> {
  const output = await new Promise<string | null>((resolve) => {
    execFile("lsof", ["-w", "-a", "-d", "cwd", "-F", "pn"], { maxBuffer: 64 * 1024 * 1024, timeout: 20_000 }, (error, stdout) => {
      // It exits with 1 where some processes cannot be read.
      resolve(error === null || stdout !== "" ? stdout : null);
    });
  });
  if (output === null) return null;
  let pid = 0;
  return output.split("\n").flatMap((line): Place[] => {
    if (line.startsWith("p")) pid = Number(line.slice(1));
    return line.startsWith("n") ? [[pid, line.slice(1)]] : [];
  });
}
