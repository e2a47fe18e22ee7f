/** Writes config.json. */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import { readConfigFile } from "./load-settings.ts";
import { makeDirectory } from "./make-directory.ts";

/**
 * Changes the file atomically: a reader never sees half a file. Concurrent calls read and write one
 * after the other, so no value gets lost.
 * @param change makes the new content from the current content; called twice. When it throws,
 * nothing is written, not even a directory.
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
        // A call that was delayed for seconds may have lost the lock: then its content is out of
        // date.
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

/** A turn takes milliseconds, so a lock of this age belongs to a call that was killed. */
const leftOverMs = 2000;

/**
 * Resolves when this call holds the lock.
 * @returns the lock's content, which identifies this call.
 */
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
 * Removes a stale lock. Another call may remove it and take its turn between the look and the
 * removal. So the lock is first renamed to a name of this call, checked again, and put back where
 * it is a new one.
 */
function breakLock(lock: string): void {
  const moved = `${lock}.${process.pid}`;
  try {
    renameSync(lock, moved);
    if (ageOf(moved) <= leftOverMs) linkSync(moved, lock);
  } catch {
    // Another call has moved the lock, or holds it already.
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
 * The file's age in ms; 0 when it does not exist. Never negative, so that no call waits because the
 * clock was set back.
 */
function ageOf(file: string): number {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made === undefined ? 0 : Math.abs(Date.now() - made);
}
