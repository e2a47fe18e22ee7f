/** `server restart`: replaces the server; running tasks continue meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import type { ServerView } from "../../../contract/views/server.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { connectionOf } from "../../server/connection.ts";
import type { Connection } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { requireOutsideOfTask } from "../../server/inside-task.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { ServerUnreachable } from "../../../client/server-unreachable.ts";
import { requireLocalServer } from "../../server/server-place.ts";
import { serverFlags, serverOptions } from "../../server/server-flags.ts";
import type { ServerOptions } from "../../server/server-flags.ts";
import { checkStart, startServer } from "../../server/start-server.ts";
import type { Started } from "../../server/start-answer.ts";
import { stopServer } from "../../server/stop-server.ts";
import { jsonOf, requireSilence, warnOfUnknownVariables, writeStarted } from "./server-start.ts";

export const command = defineCommand<ServerOptions>({
  name: "server restart",
  summary: "Stop the server and start it again; running tasks continue meanwhile",
  details:
    "Starts a server when none runs. Checks the new start before it stops the old server: a port in use stops nothing. Takes the flags of `server start`; the flags of the earlier start are not kept.",
  options: serverOptions,
  examples: [{ command: "claude-worker server restart", does: "after a change of the configuration" }],
  async run({ options, io }) {
    requireOutsideOfTask(io);
    const connection = connectionOf(io);
    requireLocalServer(connection);
    warnOfUnknownVariables(io);
    if (options.takeover === true) await requireSilence(connection);
    const flags = serverFlags(options);
    const start = async (): Promise<Started> => await startServer(io, connection, flags);
    if (options.takeover !== true) await requireGoodStart(io, connection, flags);
    const started = options.takeover === true ? await start() : await restart(connection, start);
    if (options.json === true) writeJson(io.stdout, jsonOf(started));
    else writeStarted(started, io);
    return exitCodes.ok;
  },
});

/**
 * Checks that the new server would start, before the old server is stopped. @throws WorkerError the
 * error of such a start; the old server continues.
 */
async function requireGoodStart(io: Io, connection: Connection, flags: readonly string[]): Promise<void> {
  const server = await whereOneListens(async () => await connection.client.server());
  if (server === null) return;
  try {
    await checkStart(io, connection, flags, server.url);
  } catch (error) {
    throw saying(error, `The server (pid ${server.pid}) continues as before. To try again: claude-worker server restart`);
  }
}

/**
 * Longest time in which others may come between: a `run` that finds no server starts one, which is
 * stopped too.
 */
const betweenMs = 30_000;

async function restart(connection: Connection, start: () => Promise<Started>): Promise<Started> {
  let gone: ServerView | null = null;
  for (const until = Date.now() + betweenMs; ; await delay(100)) {
    gone = (await whereOneListens(async () => await stopServer(connection, { mode: "leave" }))) ?? gone;
    try {
      return await start();
    } catch (error) {
      const isRunning = error instanceof WorkerError && error.code === "server_running";
      if (!isRunning) throw gone === null ? error : saying(error, leftWithout(gone));
      if (Date.now() > until) throw error;
    }
  }
}

function leftWithout({ pid }: ServerView): string {
  return `The earlier server (pid ${pid}) has stopped, and none answers now. Start one: claude-worker server start`;
}

/** @returns null when no server listens. */
async function whereOneListens<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ServerUnreachable) || !error.connectionRefused) throw error;
    return null;
  }
}

/** The error with what it means for the server that ran. */
function saying(error: unknown, what: string): unknown {
  return error instanceof WorkerError ? new WorkerError(error.code, `${error.message} ${what}`, error.problems) : error;
}
