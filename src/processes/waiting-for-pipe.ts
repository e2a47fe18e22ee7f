/**
 * Finds processes that wait in the open of a named pipe: such a wait has no end where no other
 * process opens the pipe. Linux says it (proc_pid_wchan(5)); elsewhere it is not known.
 */
import { readFileSync } from "node:fs";
import { childrenFromProc } from "./proc.ts";

/** The function of the kernel that waits for the other end of a pipe (fs/pipe.c). */
const waiting = "wait_for_partner";
/** Deeper trees are not looked at. */
const mostLevels = 5;

/**
 * Of a process and those below it the ones that wait for a pipe; null: the system does not say
 * where processes wait.
 */
export function waitingForPipe(pid: number, levels = mostLevels): number[] | null {
  const place = whereItWaits(pid);
  if (place === null) return null;
  const own = place === waiting ? [pid] : [];
  const below = levels === 0 ? [] : (childrenFromProc(pid) ?? []);
  return [...own, ...below.flatMap((child) => waitingForPipe(child, levels - 1) ?? [])];
}

function whereItWaits(pid: number): string | null {
  if (process.platform !== "linux") return null;
  try {
    const name = readFileSync(`/proc/${pid}/wchan`, "latin1");
    return name === "" ? null : name;
  } catch {
    return null;
  }
}
