/**
 * Checks a start while another server still serves. A restart asks before it stops that server.
 * Changes nothing, opens no database.
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
  /** The URL of the server that is to go first; empty: it serves its unix socket only. */
  readonly insteadOf: string;
}

/**
 * @throws WorkerError what the start itself would throw: the port is taken, the token file may be
 * read by others …
 */
export async function checkStart({ settings, paths, dangerouslyBindAll, insteadOf }: StartCheck): Promise<void> {
  prepareDataDirectory(paths);
  await tryPort(settings, dangerouslyBindAll, insteadOf);
  // Last: where there is no token one is made, and the running server knows only its own.
  ensureToken(paths.token);
}

async function tryPort({ host, port }: Settings, dangerouslyBindAll: boolean, insteadOf: string): Promise<void> {
  const server = createServer();
  try {
    await listenOnTcp(server, { host, port, dangerouslyBindAll });
  } catch (error) {
    const isTaken = error instanceof WorkerError && error.code === "conflict";
    // The port that the running server gives back when it goes.
    if (!isTaken || port !== portOf(insteadOf)) throw error;
  } finally {
    server.close();
  }
}

function portOf(url: string): number | null {
  return URL.canParse(url) ? Number(new URL(url).port || 80) : null;
}
