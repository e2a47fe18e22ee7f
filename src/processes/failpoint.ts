/**
 * Places where tests kill a process at its most awkward moment. `CLAUDE_WORKER_FAILPOINTS` names a
 * directory; a file there that bears a place's name fells the first process that passes it, once:
 * with SIGKILL, or with the signal that the file names. Without the variable, which nobody but a
 * test sets, passing costs one comparison.
 */
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const variable = "CLAUDE_WORKER_FAILPOINTS";

/** Every place, in the order in which a task passes them. */
export const failpointNames = [
  "store.commit.before",
  "store.commit.after",
  "runner.spawn.before",
  "runner.spawn.after",
  "attempt.start.before",
  "attempt.started",
  "journal.write.before",
  "journal.write.after",
  "attempt.adopt.after",
  "attempt.end.before",
  "attempt.end.after",
  "finalise.before",
  "finalise.after",
] as const;
export type FailpointName = (typeof failpointNames)[number];

const directory = process.env[variable] || null;

/**
 * Passes the place: returns, unless a test waits there. The file's new name, `<place>.<pid>`, tells
 * the test who was felled.
 */
export function failpoint(name: FailpointName): void {
  if (directory === null) return;
  const felled = join(directory, `${name}.${process.pid}`);
  try {
    renameSync(join(directory, name), felled);
  } catch {
    return; // Nobody waits here.
  }
  process.kill(process.pid, readFileSync(felled, "utf8").trim() || "SIGKILL");
}

/** What a runner's environment needs so that it meets the same places; nothing outside of tests. */
export function failpointEnvironment(): Record<string, string> {
  return directory === null ? {} : { [variable]: directory };
}
