/**
 * Defines places where tests kill a process at a critical moment. `CLAUDE_WORKER_FAILPOINTS` names
 * a directory. A file there with the name of a place kills the first process that passes this
 * place, once: with SIGKILL, or with the signal that the file names. Only tests set the variable.
 * Without it passing a place costs one comparison.
 */
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const variable = "CLAUDE_WORKER_FAILPOINTS";

/** Every place, in the order in which a task passes them. */
export const failpointNames = [
  "store.commit.before",
  "store.commit.after",
  "step.for_each.before",
  "step.for_each.after",
  "step.approval.before",
  "step.approval.after",
  "step.join.before",
  "step.join.after",
  "runner.spawn.before",
  "runner.spawn.after",
  "attempt.start.before",
  "attempt.started",
  "session.copied",
  "session.repaired",
  "session.deferred",
  "worktree.branch",
  "worktree.added",
  "worktree.files",
  "setup.included",
  "setup.started",
  "setup.ended",
  "setup.copied",
  "setup.kept",
  "snapshot.indexed",
  "snapshot.committed",
  "snapshot.referenced",
  "journal.write.before",
  "journal.write.after",
  "verify.started",
  "verify.ended",
  "attempt.adopt.after",
  "attempt.end.before",
  "attempt.end.after",
  "finalise.before",
  "finalise.after",
  "notification.send.before",
  "notification.send.after",
  "answer.take.before",
  "answer.take.after",
  "put-back.indexed",
  "put-back.removed",
  "put-back.written",
  "keep.after",
  "trash.detached",
  "trash.moved",
  "apply.computed",
  "apply.moved",
  "land.checked",
  "land.moved",
] as const;
export type FailpointName = (typeof failpointNames)[number];

const directory = process.env[variable] || null;

/**
 * Passes the place: returns, unless a test has put a file there. Then renames the file to
 * `<place>.<pid>`, so that the test knows which process was killed.
 */
export function failpoint(name: FailpointName): void {
  if (directory === null) return;
  const passed = join(directory, `${name}.${process.pid}`);
  try {
    renameSync(join(directory, name), passed);
  } catch {
    return; // No test waits at this place.
  }
  process.kill(process.pid, readFileSync(passed, "utf8").trim() || "SIGKILL");
}

/** The variables that a runner needs to pass the same places; empty outside of tests. */
export function failpointEnvironment(): Record<string, string> {
  return directory === null ? {} : { [variable]: directory };
}
