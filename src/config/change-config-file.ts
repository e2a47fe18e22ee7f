/** Writes config.json. */
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import { readConfigFile } from "./load-settings.ts";
import { makeDirectory } from "./make-directory.ts";

/**
 * Whole or not at all: a reader never sees half a file. Calls at the same time read and write one after the other, so no value gets lost.
 * @param change makes the file's new content of its present one; what it throws leaves nothing behind, not even a directory. Called twice.
 * @returns what `change` made.
 * @throws WorkerError invalid_input when the file cannot be read; storage_unusable when it cannot be written.
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
    await takeTurn(lock);
    try {
      const made = change(readConfigFile(file));
      writeFileSync(fresh, `${JSON.stringify(made.content, null, 2)}\n`, { mode: 0o600 });
      renameSync(fresh, file);
      return made;
    } finally {
      for (const own of [fresh, lock]) rmSync(own, { force: true });
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

/** Resolves when the lock is this call's. */
async function takeTurn(lock: string): Promise<void> {
  for (; ; await delay(5 + Math.random() * 10)) {
    if (ageOf(lock) > leftOverMs) rmSync(lock, { force: true });
    try {
      return writeFileSync(lock, "", { flag: "wx", mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** In ms; 0 when it is not there. Without a sign: a clock that was set back must keep nobody waiting. */
function ageOf(file: string): number {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made === undefined ? 0 : Math.abs(Date.now() - made);
}
