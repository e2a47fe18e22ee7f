/**
 * Checks a start while another server still runs. A restart makes this check before it stops that
 * server. Changes nothing and opens no database.
 */
import { createServer } from "node:net";
import type { Paths } from "../config/paths.ts";
import type { Settings } from "../config/settings.ts";
import { WorkerError } from "../domain/errors.ts";
import { listenOnTcp } from "../http/listener/listen.ts";
import { prepareDataDirectory } from "./data-directory.ts";
import { ensureToken } from "./token-file.ts";

export interface StartCheck {
  readonly settings: Settings;
  readonly paths: Paths;
  readonly dangerouslyBindAll: boolean;
  /** The URL of the server that will be replaced; empty: it serves only its unix socket. */
  readonly insteadOf: string;
}

/**
 * @throws WorkerError like the start itself: the port is taken, other users can read the token file
 * …
 */
export async function checkStart({ settings, paths, dangerouslyBindAll, insteadOf }: StartCheck): Promise<void> {
  prepareDataDirectory(paths);
  await tryPort(settings, dangerouslyBindAll, insteadOf);
  // Last, because a missing token is created, and the running server has only its own token.
  ensureToken(paths.token);
}

async function tryPort({ host, port }: Settings, dangerouslyBindAll: boolean, insteadOf: string): Promise<void> {
  const server = createServer();
  try {
    await listenOnTcp(server, { host, port, dangerouslyBindAll });
  } catch (error) {
    const isTaken = error instanceof WorkerError && error.code === "conflict";
    // The running server will free this port when it stops.
    if (!isTaken || port !== portOf(insteadOf)) throw error;
  } finally {
    server.close();
  }
}

function portOf(url: string): number | null {
  return URL.canParse(url) ? Number(new URL(url).port || 80) : null;
}
