/**
 * Writes `server.json`: the server's address, for programs and people. No part of the server needs
 * it, so a full disk does not prevent a start.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";

export interface ServerInfo {
  readonly pid: number;
  readonly url: string | null;
  readonly socket: string;
  readonly version: string;
}

/** Replaces the file as a whole. */
export function writeServerInfo(file: string, info: ServerInfo, log: Logger): void {
  const draft = `${file}.new`;
  try {
    writeFileSync(draft, `${JSON.stringify(info)}\n`, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    // An older file would name another server.
    for (const each of [draft, file]) rmSync(each, { force: true });
    log.warn({ error: messageOf(error) }, "server.json cannot be written");
  }
}
