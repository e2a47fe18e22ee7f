/** Which server a call talks to, and how: the unix socket of this user's server, or a URL with a token. */
import { readFileSync } from "node:fs";
import { urlAddress } from "../client/address.ts";
import type { ServerAddress } from "../client/address.ts";
import { ServerUnreachable } from "../client/server-unreachable.ts";
import { WorkerClient } from "../client/worker-client.ts";
import { pathsFrom } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import { loadSettings } from "../config/settings.ts";
import type { LoadedSettings } from "../config/settings.ts";
import type { Io } from "./io.ts";

export interface Connection extends LoadedSettings {
  readonly paths: Paths;
  readonly client: WorkerClient;
  /** Whether the server is one that we could start: this user's, on this machine. */
  readonly isLocal: boolean;
}

/** Connects to nothing yet. @throws WorkerError invalid_input when a setting is wrong. */
export function connectionOf(io: Io): Connection {
  const paths = pathsFrom(io.env);
  const loaded = loadSettings({ file: paths.config, env: io.env });
  const url = loaded.settings.server_url;
  const address: ServerAddress =
    url === null ? { kind: "socket", path: paths.serverSocket } : urlAddress(url, tokenFor(url, paths, io.env));
  return { ...loaded, paths, client: new WorkerClient(address), isLocal: url === null };
}

export function clientOf(io: Io): WorkerClient {
  return connectionOf(io).client;
}

/** Does `work`; when nobody listens, starts this user's server (and says so on the standard error) and does it then. */
export async function withServer<T>(io: Io, connection: Connection, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServerUnreachable) || !error.nobodyListens || !connection.isLocal) throw error;
  }
  const { startByItself } = await import("./start-server.ts");
  await startByItself(io, connection);
  return await work();
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
