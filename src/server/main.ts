/**
 * Starts the server process. Reports on file descriptor 3 (`CLAUDE_WORKER_READY_FD`) when it
 * answers or why it cannot. Ends on SIGTERM.
 */
import { closeSync, writeSync } from "node:fs";
import { pino } from "pino";
import { agentEnvironment } from "../config/agent-env.ts";
import { loadSettings } from "../config/load-settings.ts";
import { pathsFrom } from "../config/paths.ts";
import { WorkerError, messageOf } from "../domain/errors.ts";
import { plainText } from "../domain/text/plain-text.ts";
import { keepFilesPrivate } from "../processes/users-umask.ts";
import { startServer } from "./server.ts";
import { serverOptions } from "./options.ts";
import { redactLog } from "./redact-log.ts";
import { checkStart } from "./check-start.ts";
import { version } from "./version.ts";

keepFilesPrivate();
process.title = "claude-worker server";
await main().catch(refuse);

async function main(): Promise<void> {
  const options = serverOptions(process.argv.slice(2));
  const paths = pathsFrom(process.env);
  const { settings, origins } = loadSettings({ file: paths.config, env: process.env, flags: options.flags });
  const { checkStartReplacing: insteadOf, dangerouslyBindAll } = options;
  if (insteadOf !== null) {
    await checkStart({ settings, paths, dangerouslyBindAll, insteadOf });
    announce({ ready: true });
    return;
  }
  const streamWrite = redactLog([process.env, agentEnvironment(process.env, settings.agent_env)], paths.token);
  const level = process.env["CLAUDE_WORKER_LOG_LEVEL"] ?? "info";
  const log = pino({ level, base: { pid: process.pid }, hooks: { streamWrite } }, logDestination());
  const asked = new AbortController();
  // Handled from here on, because the server answers before its start is complete.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => asked.abort());
  const server = await startServer({ options, settings, origins, paths, env: process.env, log });
  const leave = (): void => void server.stop({ mode: "leave" });
  if (asked.signal.aborted) leave();
  asked.signal.addEventListener("abort", leave);
  process.on("SIGHUP", () => {}); // The terminal that started the server may close.
  announce({
    ready: true,
    pid: process.pid,
    url: server.url,
    socket: paths.serverSocket,
    home: paths.home,
    log_file: paths.serverLog,
    version,
    warnings: server.warnings,
    problems: server.problems,
  });
  process.exit(await server.stopped);
}

/** Standard output. On a full disk lines wait, up to a limit, and do not end the server. */
function logDestination(): ReturnType<typeof pino.destination> {
  const destination = pino.destination({ fd: 1, sync: true, maxLength: 1024 * 1024 });
  destination.on("error", () => {});
  return destination;
}

function refuse(error: unknown): never {
  const known = error instanceof WorkerError;
  if (!announce({ error: { code: known ? error.code : "internal", message: messageOf(error) } }))
    console.error(`Error: ${plainText(messageOf(error))}`);
  if (!known && error instanceof Error) console.error(plainText(error.stack ?? ""));
  process.exit(1);
}

/**
 * Reports to the parent process.
 * @returns whether a parent waits for the report.
 */
function announce(message: object): boolean {
  const waiting = process.env["CLAUDE_WORKER_READY_FD"];
  if (waiting === undefined) return false;
  delete process.env["CLAUDE_WORKER_READY_FD"];
  try {
    writeSync(Number(waiting), `${JSON.stringify(message)}\n`);
    closeSync(Number(waiting));
  } catch {
    // The parent has ended. The server continues.
  }
  return true;
}
