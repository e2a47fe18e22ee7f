/** `server restart`: a new server; what runs goes on meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../../domain/errors.ts";
import { defineCommand } from "../command.ts";
import { connectionOf } from "../connection.ts";
import type { Connection } from "../connection.ts";
import { exitCodes } from "../exit-codes.ts";
import { requireOutsideOfTask } from "../inside-task.ts";
import { writeJson } from "../io.ts";
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import { requireLocalServer } from "../server-place.ts";
import { serverFlags, serverOptions } from "../server-flags.ts";
import type { ServerOptions } from "../server-flags.ts";
import { startServer } from "../start-server.ts";
import type { Started } from "../start-server.ts";
import { stopServer } from "../stop-server.ts";
import { jsonOf, requireSilence, warnOfUnknownVariables, writeStarted } from "./server-start.ts";

export const command = defineCommand<ServerOptions>({
  name: "server restart",
  summary: "Stop the server and start it again; running tasks go on meanwhile",
  details: "Starts it when none runs. Flags as for `server start`; those of the earlier start are not kept.",
  options: serverOptions,
  examples: [{ command: "claude-worker server restart", does: "after a change of the configuration" }],
  async run({ options, io }) {
    requireOutsideOfTask(io);
    const connection = connectionOf(io);
    requireLocalServer(connection);
    warnOfUnknownVariables(io);
    if (options.takeover === true) await requireSilence(connection);
    const start = async (): Promise<Started> => await startServer(io, connection, serverFlags(options));
    const started = options.takeover === true ? await start() : await startAnew(connection, start);
    if (options.json === true) writeJson(io.stdout, jsonOf(started));
    else writeStarted(started, io);
    return exitCodes.ok;
  },
});

/** Longest time in which others may come between: a `run` that finds no server starts one, which is stopped too. */
const betweenMs = 30_000;

async function startAnew(connection: Connection, start: () => Promise<Started>): Promise<Started> {
  for (const until = Date.now() + betweenMs; ; await delay(100)) {
    await stop(connection);
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkerError) || error.code !== "server_running" || Date.now() > until) throw error;
    }
  }
}

async function stop(connection: Connection): Promise<void> {
  try {
    await stopServer(connection, { mode: "leave" });
  } catch (error) {
    if (!(error instanceof ServerUnreachable) || !error.nobodyListens) throw error;
  }
}
