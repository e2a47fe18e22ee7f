/** Which server a call talks to, and how: the unix socket of this user's server, or a URL with a token. Loads no HTTP. */
import { readFileSync } from "node:fs";
import { urlAddress } from "../client/address.ts";
import type { ServerAddress } from "../client/address.ts";
import { pathsFrom } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import { loadSettings } from "../config/settings.ts";
import type { LoadedSettings } from "../config/settings.ts";
import { isInsideTask } from "./inside-task.ts";
import type { Io } from "./io.ts";

export interface ServerPlace extends LoadedSettings {
  readonly paths: Paths;
  readonly address: ServerAddress;
  /** Whether the server is this user's, on this machine. */
  readonly isLocal: boolean;
  /** Whether a server is started when none runs. Not from inside a task: that server would end with the task. */
  readonly mayStart: boolean;
}

/** @throws WorkerError invalid_input when a setting is wrong. */
export function serverPlace(env: Io["env"]): ServerPlace {
  const paths = pathsFrom(env);
  const loaded = loadSettings({ file: paths.config, env });
  const url = loaded.settings.server_url;
  // Inside a task its own token says so, and the guardrails hold.
  const taskToken = env["CLAUDE_WORKER_TASK_TOKEN"] || null;
  const address: ServerAddress =
    url === null ? { kind: "socket", path: paths.serverSocket, token: taskToken } : urlAddress(url, taskToken ?? tokenFor(url, paths, env));
  const isLocal = url === null;
  return { ...loaded, paths, address, isLocal, mayStart: isLocal && !isInsideTask(env) };
}

/** The token of the environment; for a server of this machine the one that the server left for its own user. */
function tokenFor(url: string, paths: Paths, env: Io["env"]): string | null {
  const given = env["CLAUDE_WORKER_TOKEN"];
  if (given !== undefined && given !== "") return given;
  if (!URL.canParse(url) || !["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname)) return null;
  try {
    return readFileSync(paths.token, "utf8").trim();
  } catch {
    return null; // The server will say that a token is needed.
  }
}
