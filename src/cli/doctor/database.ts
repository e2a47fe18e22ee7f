/**
 * Checks the database while no server has it open. The store is the server's room: a process of its
 * own looks, and changes nothing.
 */
import { execFile } from "node:child_process";
import { lstatSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const name = "Database";
/** A large database takes seconds a gigabyte. */
const longestMs = 60_000;

/** @param file need not be there: the first start makes it. */
export async function checkDatabase(file: string): Promise<Check> {
  return isAbsent(file) ? ok(name, `${file} (will be made)`) : await checkByStore(file);
}

function isAbsent(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // Unknown: the store reports why.
  }
}

/** What the store says of the file and its content. */
function checkByStore(file: string): Promise<Check> {
  const { url } = import.meta;
  const entry = fileURLToPath(
    new URL(url.endsWith(".ts") ? "../../store/sqlite/file/maintenance-process.ts" : "../../store/sqlite/file/maintenance-process.js", url),
  );
  const chore = JSON.stringify({ kind: "quick_check", file });
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, chore], { env: {}, timeout: longestMs, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error?.killed === true)
        return resolve(warn(name, `${file} is too large to be checked here`, "Start the server, then: claude-worker db check"));
      if (stdout === "")
        return resolve(fail(name, `${file} could not be checked: ${stderr.trim() || (error?.message ?? "no answer")}`, null));
      resolve(reported(stdout, file));
    });
  });
}

/**
 * Advises to replace the database only when it is damaged. When the store could not check the
 * database, its own error names the reason and the fix.
 */
function reported(stdout: string, file: string): Check {
  const report = JSON.parse(stdout) as { problems?: string[]; error?: { message: string } };
  if (report.error !== undefined) return fail(name, report.error.message, null);
  const [damage] = report.problems ?? [];
  if (damage === undefined) return ok(name, file);
  return fail(
    name,
    damage,
    `Put a backup in its place (claude-worker db restore FILE), or move ${file} and its -wal and -shm files away to start with an empty one`,
  );
}
