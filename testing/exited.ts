/** Waits for the end of a process that a test has started. */
import type { ChildProcess } from "node:child_process";

/**
 * The process's exit code, also when it has ended already; null: a signal ended it. The event alone
 * may have passed before a test waits for it.
 */
export function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}
