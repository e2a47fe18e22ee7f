/** `server start`: the server in the background, or in this process with --foreground. */
import { unknownVariables } from "../../../config/known-variables.ts";
import { defineCommand } from "../../commandline/command.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { connectionOf } from "../../server/connection.ts";
import type { Connection } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { requireOutsideOfTask } from "../../server/inside-task.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { requireLocalServer } from "../../server/server-place.ts";
import { serverOptions, serverFlags } from "../../server/server-flags.ts";
import type { ServerOptions } from "../../server/server-flags.ts";
import { runInForeground, startServer } from "../../server/start-server.ts";
import type { Started } from "../../server/start-answer.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<ServerOptions & { readonly foreground?: boolean }>({
  name: "server start",
  summary: "Start the server; returns when it answers",
  details:
    "`run` starts the server by itself when none answers. Flags override the environment, and the environment overrides the configuration.",
  options: [...serverOptions, { flags: "--foreground", description: "stay in this terminal and log to it; Ctrl-C stops the server" }],
  examples: [
    { command: "claude-worker server start", does: "in the background" },
    { command: "claude-worker server start --port 8001 --workers 8", does: "another port, eight tasks at once" },
    { command: "claude-worker server start --foreground", does: "for a service manager or a container" },
  ],
  async run({ options, io }) {
    requireOutsideOfTask(io);
    const connection = connectionOf(io);
    requireLocalServer(connection);
    warnOfUnknownVariables(io);
    await (options.takeover === true ? requireSilence(connection) : requireNone(connection));
    if (options.foreground === true) return await runInForeground(connection, serverFlags(options));
    const started = await startServer(io, connection, serverFlags(options));
    if (options.json === true) writeJson(io.stdout, jsonOf(started));
    else writeStarted(started, io);
    return exitCodes.ok;
  },
});

/** A mistyped name would otherwise be as good as none, in silence. */
export function warnOfUnknownVariables({ env, stderr }: Io): void {
  for (const sentence of unknownVariables(env)) say(stderr, `Warning: ${sentence}`);
}

/** @throws WorkerError server_running: one answers already. */
async function requireNone({ client }: Connection): Promise<void> {
  const server = await client.server().catch(() => null);
  if (server === null) return;
  const where = server.url ?? server.socket;
  throw new WorkerError(
    "server_running",
    `The server runs already: pid ${server.pid}, ${where}. With other flags: claude-worker server restart`,
  );
}

/** A server that answers is stopped, not taken over. @throws WorkerError server_running. */
export async function requireSilence({ client }: Connection): Promise<void> {
  const health = await client.health().catch(() => null);
  if (health !== null)
    throw new WorkerError(
      "server_running",
      "The server answers, so there is nothing to take over. Restart it: claude-worker server restart",
    );
}

export function writeStarted(started: Started, io: Io): void {
  io.stdout.write(
    `${started.problems.length === 0 ? "The server runs." : "The server runs, but only for reading (storage_full)."}\n` +
      `  pid             ${started.pid}\n` +
      `  URL             ${started.url ?? "none, the unix socket only"}\n` +
      `  data directory  ${started.home}\n` +
      `  log file        ${started.logFile}\n`,
  );
  for (const note of [...started.notes, ...started.problems]) say(io.stderr, note);
}

/** The `--json` answer of a start. */
export function jsonOf({ pid, url, socket, home, logFile, notes, problems }: Started): object {
  return { status: problems.length === 0 ? "healthy" : "degraded", pid, url, socket, home, log_file: logFile, warnings: notes, problems };
}
