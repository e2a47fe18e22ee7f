/** Starts the built server as `claude-worker server start` does, without the command line. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeDirectory } from "../src/config/make-directory.ts";
import { pathsFrom } from "../src/config/paths.ts";
import { firstMessage } from "../src/cli/server/start-answer.ts";
import { thriftyFlags } from "../src/cli/server/start-server.ts";
import { putEmptyDatabase } from "./empty-database.ts";

export const serverEntry = fileURLToPath(new URL("../dist/server/main.js", import.meta.url));

/**
 * Resolves when the server answers. It outlives this process. A new data directory gets an empty
 * database. @throws WorkerError with the server's own words.
 */
export async function startBuiltServer(env: Readonly<Record<string, string>>): Promise<void> {
  const { home, database, serverLog } = pathsFrom(env);
  const isNew = !existsSync(home);
  makeDirectory(home, 0o700);
  if (isNew && path.dirname(database) === home) putEmptyDatabase(database);
  const log = openSync(serverLog, "a", 0o600);
  try {
    const child = spawn(process.execPath, [...thriftyFlags, serverEntry], {
      cwd: "/",
      detached: true,
      env: { ...env, CLAUDE_WORKER_READY_FD: "3" },
      stdio: ["ignore", log, log, "pipe"],
    });
    await firstMessage(child, serverLog);
  } finally {
    closeSync(log);
  }
}
