/** Writes config.json. */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import { readConfigFile } from "./load-settings.ts";
import { makeDirectory } from "./make-directory.ts";

/**
 * Whole or not at all: a reader never sees half a file. Calls at the same time read and write one
 * after the other, so no value gets lost.
 * @param change makes the file's new content of its present one; what it throws leaves nothing
 * behind, not even a directory. Called twice.
 * @returns what `change` made.
 * @throws WorkerError invalid_input when the file cannot be read; storage_unusable when it cannot
 * be written.
 */
export async function changeConfigFile<Change extends { readonly content: object }>(
  file: string,
  change: (content: Record<string, unknown>) => Change,
): Promise<Change> {
  change(readConfigFile(file));
  const lock = `${file}.lock`;
  const fresh = `${file}.${process.pid}.new`;
  try {
    makeDirectory(dirname(file), 0o700);
    for (;;) {
      const turn = await takeTurn(lock);
      try {
        const made = change(readConfigFile(file));
        writeFileSync(fresh, `${JSON.stringify(made.content, null, 2)}\n`, { mode: 0o600 });
        // A call that was held up for seconds may have lost its turn: what it read is old then.
        if (!isHolder(lock, turn)) continue;
        renameSync(fresh, file);
        return made;
      } finally {
        rmSync(fresh, { force: true });
        if (isHolder(lock, turn)) rmSync(lock, { force: true });
      }
    }
  } catch (error) {
    if (error instanceof WorkerError) throw error;
    throw new WorkerError(
      "storage_unusable",
      `The configuration ${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown error"}). Fix its rights, or choose another place: CLAUDE_WORKER_CONFIG.`,
    );
  }
}

/** A turn takes milliseconds: a lock of this age was left by a call that was killed. */
const leftOverMs = 2000;

/** Resolves when the lock is this call's. @returns the lock's content, which is this call's own. */
async function takeTurn(lock: string): Promise<string> {
  const turn = randomUUID();
  for (; ; await delay(5 + Math.random() * 10)) {
    if (ageOf(lock) > leftOverMs) breakLock(lock);
    try {
      writeFileSync(lock, turn, { flag: "wx", mode: 0o600 });
      return turn;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/**
 * Removes a lock that was left over. Another call may do the same and take its turn between the
 * look and the removal, so the lock is first moved to a name of this call's own: what was moved is
 * looked at again, and put back where it is a new one.
 */
function breakLock(lock: string): void {
  const moved = `${lock}.${process.pid}`;
  try {
    renameSync(lock, moved);
    if (ageOf(moved) <= leftOverMs) linkSync(moved, lock);
  } catch {
    // Another call has moved it, or has its turn already.
  }
  rmSync(moved, { force: true });
}

function isHolder(lock: string, turn: string): boolean {
  try {
    return readFileSync(lock, "utf8") === turn;
  } catch {
    return false;
  }
}

/**
 * In ms; 0 when it is not there. Without a sign: a clock that was set back must keep nobody
 * waiting.
 */
function ageOf(file: string): number {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made === undefined ? 0 : Math.abs(Date.now() - made);
}
