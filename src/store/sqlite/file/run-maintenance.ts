/**
 * Runs long chores on the database (a backup, a check) in maintenance processes, so that the server
 * keeps answering. A process, not a thread: a thread inside SQLite cannot be stopped, and the end
 * of the server would wait for it.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errorCodes, messageOf, WorkerError } from "../../../domain/errors.ts";
import type { ErrorCode } from "../../../domain/errors.ts";

export type Chore =
  /**
   * Copies the database to `draft` and then renames the draft to `target`. The caller removes what
   * is left of the draft.
   */
  | { readonly kind: "backup"; readonly file: string; readonly draft: string; readonly target: string }
  /** Finds all damage. */
  | { readonly kind: "check"; readonly file: string }
  /**
   * Finds damaged pages only, like a server at its start, and refuses the same databases as a
   * start.
   */
  | { readonly kind: "quick_check"; readonly file: string };

/** What the process prints, as one line of JSON. */
export type ChoreReport =
  | { readonly problems: readonly string[] }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** The maintenance processes of one open store. They end with the store. */
export interface Maintenance {
  /**
   * Runs the chore. Resolves with sentences about damage (none for a backup).
   * @throws WorkerError what the chore threw; `unavailable` when it was stopped
   */
  run(chore: Chore): Promise<readonly string[]>;
  /** Ends running chores and waits for their end. May be called twice. */
  stop(): Promise<void>;
}

export function createMaintenance(): Maintenance {
  const controller = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    run: async (chore) => {
      const process = run(chore, controller.signal);
      running.add(process);
      try {
        const report = await process;
        if ("error" in report) throw new WorkerError(report.error.code, report.error.message);
        return report.problems;
      } finally {
        running.delete(process);
      }
    },
    stop: async () => {
      controller.abort();
      await Promise.allSettled(running);
    },
  };
}

function run(chore: Chore, signal: AbortSignal): Promise<ChoreReport> {
  // Beside this file, in the source as .ts and in the build as .js.
  const script = fileURLToPath(
    new URL(import.meta.url.endsWith(".ts") ? "./maintenance-process.ts" : "./maintenance-process.js", import.meta.url),
  );
  return new Promise((resolve, reject) => {
    // The process needs no variables of the server's environment and must not get secrets.
    const options = { signal, killSignal: "SIGKILL", env: {}, encoding: "utf8" } as const;
    execFile(process.execPath, [script, JSON.stringify(chore)], options, (error, stdout, stderr) => {
      const report = parseReport(stdout);
      if (report !== null) return resolve(report);
      if (signal.aborted)
        return reject(new WorkerError("unavailable", "The server stopped before this was done. Try again when it is up."));
      reject(new WorkerError("internal", `The process for the ${chore.kind} failed: ${stderr.trim() || messageOf(error)}`));
    });
  });
}

function parseReport(stdout: string): ChoreReport | null {
  try {
    const report = JSON.parse(stdout) as ChoreReport;
    if (!("error" in report)) return report;
    return (errorCodes as readonly string[]).includes(report.error.code) ? report : null;
  } catch {
    // It ended without a report: the caller uses its exit code.
    return null;
  }
}
