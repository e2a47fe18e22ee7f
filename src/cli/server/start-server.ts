/** Starts this user's server as a process of its own, or makes this process the server. */
import { spawn } from "node:child_process";
import { chmodSync, closeSync, constants, openSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { requireOwnFile } from "../../config/own-directory.ts";
import { makeDirectory } from "../../config/make-directory.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Paths } from "../../config/paths.ts";
import type { Connection } from "./connection.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";
import { firstMessage } from "./start-answer.ts";
import type { Started } from "./start-answer.ts";

/**
 * How a server's Node is started: new objects may take 3 MB instead of 48 before the collector
 * looks, one helper thread instead of four keeps memory of its own, and the server may call the
 * collector when it is quiet.
 */
export const thriftyFlags: readonly string[] = ["--max-semi-space-size=1", "--v8-pool-size=1", "--expose-gc"];

/** After this time, a note says that the server is still starting. */
const tellMs = 10_000;

/**
 * Starts the server.
 * @param flags for the server, e.g. `--port 8001`.
 * @throws WorkerError server_running, storage_unusable, unavailable (the port is taken) … as the
 * server says.
 */
export async function startServer(io: Io, connection: Connection, flags: readonly string[]): Promise<Started> {
  const { paths } = connection;
  const log = openLog(paths.home, paths.serverLog);
  try {
    const child = spawn(process.execPath, [...thriftyFlags, serverEntry(), ...flags], {
      // Not our directory: the server outlives us, and must not keep a removable disk busy.
      cwd: "/",
      detached: true,
      env: { ...io.env, ...absolutePlaces(paths), CLAUDE_WORKER_READY_FD: "3" },
      stdio: ["ignore", log, log, "pipe"],
    });
    const told = setTimeout(() => {
      say(io.stderr, `The server (pid ${String(child.pid)}) is still starting. Its log says more: ${paths.serverLog}`);
    }, tellMs);
    const answer = await firstMessage(child, paths.serverLog).finally(() => clearTimeout(told));
    return { ...answer, logFile: paths.serverLog };
  } finally {
    closeSync(log);
  }
}

/**
 * Asks the server's own program whether it could start in the place of the one that runs. Nothing
 * is started or stopped.
 * @param url of the one that runs; null: it has none.
 * @throws WorkerError as `startServer`.
 */
export async function checkStart(io: Io, connection: Connection, flags: readonly string[], url: string | null): Promise<void> {
  await startServer(io, connection, [...flags, `--check-start-replacing=${url ?? ""}`]);
}

/** Imports for the bundle, which the launcher runs as a script that cannot import. */
declare const launcherImport: ((specifier: string) => Promise<unknown>) | undefined;

/** Becomes the server: returns only when it ends. */
export async function runInForeground({ paths }: Connection, flags: readonly string[]): Promise<never> {
  Object.assign(process.env, absolutePlaces(paths));
  process.argv = [process.execPath, serverEntry(), "--foreground", ...flags];
  const entry = pathToFileURL(serverEntry()).href;
  await (typeof launcherImport === "undefined" ? import(entry) : launcherImport(entry));
  return await new Promise<never>(() => undefined); // The server ends the process itself.
}

/** The server has another working directory than we: relative places must mean the same to it. */
function absolutePlaces({ home, database, logs, config }: Paths): Record<string, string> {
  return { CLAUDE_WORKER_HOME: home, CLAUDE_WORKER_DB: database, CLAUDE_WORKER_LOG_DIR: logs, CLAUDE_WORKER_CONFIG: resolve(config) };
}

/** Beside us in src/ (TypeScript, read by Node itself) or in dist/. */
function serverEntry(): string {
  const url = import.meta.url; // Written out: the build replaces these very words.
  return fileURLToPath(new URL(url.endsWith(".ts") ? "../../server/main.ts" : "../../server/main.js", url));
}

function openLog(home: string, file: string): number {
  try {
    makeDirectory(home, 0o700);
    requireOwnFile(file);
    const log = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    chmodSync(file, 0o600);
    return log;
  } catch (error) {
    if (error instanceof WorkerError) throw error;
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new WorkerError("storage_full", `The disk of the server's log ${file} is full (${code}). Free some space.`);
    throw new WorkerError(
      "storage_unusable",
      `The server's log ${file} cannot be written (${code}). Correct its permissions, or choose another place: CLAUDE_WORKER_HOME.`,
    );
  }
}
