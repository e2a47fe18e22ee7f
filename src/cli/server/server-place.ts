/**
 * Which server a call talks to, and how: the unix socket of this user's server, or a URL with a
 * token. Loads no HTTP.
 */
import { existsSync } from "node:fs";
import { urlAddress } from "../../client/address.ts";
import type { ServerAddress } from "../../client/address.ts";
import { loadSettings } from "../../config/load-settings.ts";
import type { LoadedSettings } from "../../config/load-settings.ts";
import { requireOwnDirectory } from "../../config/own-directory.ts";
import { pathsFrom } from "../../config/paths.ts";
import type { Paths } from "../../config/paths.ts";
import { WorkerError } from "../../domain/errors.ts";
import { taskVariables } from "../../domain/task/task-variables.ts";
import { isInsideTask } from "./inside-task.ts";
import type { Io } from "../terminal/io.ts";
import { isOwnServer } from "./own-server.ts";

export interface ServerPlace extends LoadedSettings {
  readonly paths: Paths;
  readonly address: ServerAddress;
  /** Whether the server is this user's, on this machine. */
  readonly isLocal: boolean;
  /**
   * Whether a server is started when none runs. Not from inside a task: that server would end with
   * the task.
   */
  readonly mayStart: boolean;
}

/**
 * @throws WorkerError invalid_input when a setting is wrong, storage_unusable when another user's
 * file or directory is where the server's should be.
 */
export function serverPlace(env: Io["env"]): ServerPlace {
  const paths = pathsFrom(env);
  requireNamedConfig(env);
  const loaded = loadSettings({ file: paths.config, env });
  const url = loaded.settings.server_url;
  const isLocal = url === null;
  const address = addressOf(url, paths, env);
  if (address.kind === "socket") requireOwnPlaces(paths);
  return { ...loaded, paths, address, isLocal, mayStart: isLocal && !isInsideTask(env) };
}

/** The socket is only as good as the directories in which it lies. */
function requireOwnPlaces({ home, run }: Paths): void {
  for (const directory of [home, run]) requireOwnDirectory(directory, "CLAUDE_WORKER_HOME");
}

/**
 * A configuration that is named and not there is a mistake; one that is not named need not be
 * there. @throws WorkerError invalid_input.
 */
export function requireNamedConfig(env: Io["env"]): void {
  const named = env["CLAUDE_WORKER_CONFIG"];
  if (named === undefined || named === "" || existsSync(named)) return;
  throw new WorkerError(
    "invalid_input",
    `CLAUDE_WORKER_CONFIG names ${named}, and there is no such file. Correct or unset it; "claude-worker config set" would create the file.`,
  );
}

/**
 * @throws WorkerError invalid_input when the server is another machine's: it can be started only
 * there.
 */
export function requireLocalServer({ isLocal, settings, origins }: Pick<ServerPlace, "isLocal" | "settings" | "origins">): void {
  if (isLocal) return;
  const how = origins.server_url === "environment" ? "unset CLAUDE_WORKER_SERVER_URL" : "claude-worker config set server_url --unset";
  throw new WorkerError(
    "invalid_input",
    `The server at ${settings.server_url ?? ""} is started on its own machine. To start one on this machine: ${how}`,
  );
}

/**
 * Sends a token only to its own server: the environment's token to the URL that was named with it,
 * and a task's token to the socket of the server that runs the task. The local admin token is never
 * sent: its owner uses the socket, which needs no token.
 */
function addressOf(url: string | null, paths: Paths, env: Io["env"]): ServerAddress {
  const given = env["CLAUDE_WORKER_TOKEN"] || null;
  const taskToken = env[taskVariables.token] || null;
  // Inside a task the task's own token says so, and the guardrails hold.
  const own: ServerAddress = { kind: "socket", path: paths.serverSocket, token: taskToken };
  if (url === null) return own;
  if (isOwnServer(url, paths)) {
    return taskToken === null && given !== null ? urlAddress(url, given) : own;
  }
  return { ...urlAddress(url, given), needsToken: true };
}
