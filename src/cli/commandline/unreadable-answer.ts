/**
 * Explains an unexpected failure after a server has answered. Mostly the server is older than this
 * command line (it kept running through an update) and its answer lacks a field. Asks the server
 * for its version only then: a call that works sends no further request.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import { WorkerError } from "../../domain/errors.ts";
import { packageVersion } from "./package-version.ts";

/** How long the server may take to tell its version. */
const answerMs = 2_000;

/**
 * @param client that the answer came through; null: there is none. @returns an error that names
 * both versions and what to do; `error` itself where no answer can be the cause.
 */
export async function explainUnreadable(error: unknown, client: WorkerClient | null): Promise<unknown> {
  const isSurprise = error instanceof TypeError || error instanceof RangeError;
  if (!isSurprise || client === null || !client.hasAnswered) return error;
  const explained = new WorkerError("internal", sentence(await versionOf(client), client));
  if (error.stack !== undefined) explained.stack = error.stack;
  return explained;
}

async function versionOf(client: WorkerClient): Promise<string | null> {
  try {
    const { version } = await client.health({}, { silenceMs: answerMs });
    return typeof version === "string" ? version : null;
  } catch {
    return null;
  }
}

function sentence(version: string | null, { address }: WorkerClient): string {
  const own = packageVersion();
  const restart = address.kind === "socket" ? "claude-worker server restart" : `update or restart the server at ${address.url.origin}`;
  if (version !== null && version !== own)
    return `The server runs version ${version}, this is ${own}, and the server's answer could not be read. To run the same version: ${restart}`;
  return (
    `The answer of the server (version ${version ?? "unknown"}) could not be read. ` +
    `If Claude Worker was updated while the server ran: ${restart}. If that does not help, run it again with --debug and report what it prints.`
  );
}
