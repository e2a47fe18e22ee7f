/** Stops a server cleanly and waits until its process has ended. */
import { setTimeout as delay } from "node:timers/promises";
import type { ServerView } from "../../contract/views/server.ts";
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import type { ClientInput } from "../../contract/client-input.ts";
import { formatDuration } from "../../domain/text/duration.ts";
import { WorkerError } from "../../domain/errors.ts";
import { readProcess } from "../../processes/process-table.ts";
import type { ProcessRow } from "../../processes/process-row.ts";
import type { Connection } from "./connection.ts";

/** How long a server may take to close its store after it has left its tasks. */
const closingMs = 120_000;
/** Where there is no /proc, each look starts a `ps`. */
const lookMs = process.platform === "linux" ? 25 : 250;

/**
 * @returns the server as it was before. @throws ServerUnreachable when none answers; WorkerError
 * unavailable when it does not go.
 */
export async function stopServer(
  { client, isLocal }: Pick<Connection, "client" | "isLocal">,
  options: NonNullable<ClientInput<"stopServer">>,
): Promise<ServerView> {
  const server = await client.server();
  const running = isLocal ? await readProcess(server.pid) : null;
  await client.stopServer(options).catch((error: unknown) => {
    const isGoing = isLocal && error instanceof ServerUnreachable && (error.connectionRefused || error.brokeOff);
    if (!isGoing) throw error; // Otherwise another process has stopped it since the line above.
  });
  client.close();
  const limitMs = options.mode === "drain" || options.mode === "now" ? (options.deadline_ms ?? 600_000) + 2 * closingMs : closingMs;
  // The system reports the end of a process only to its parent, which we are not: poll.
  for (const until = Date.now() + limitMs; Date.now() < until; await delay(lookMs)) {
    if (isLocal ? await isGone(running) : !(await answers({ client }))) return server;
  }
  throw new WorkerError(
    "unavailable",
    `The server (pid ${server.pid}) has not stopped within ${formatDuration(limitMs)}. Its log says why: ${server.log_file}`,
  );
}

async function answers({ client }: Pick<Connection, "client">): Promise<boolean> {
  try {
    await client.health();
    return true;
  } catch (error) {
    if (error instanceof ServerUnreachable) return false;
    throw error;
  }
}

/**
 * Counts a zombie as gone. In a container whose first process reaps no children, a zombie keeps its
 * process id for ever.
 */
async function isGone(before: ProcessRow | null): Promise<boolean> {
  if (before === null) return true;
  const now = await readProcess(before.pid);
  return now === null || now.start !== before.start || now.freed;
}
