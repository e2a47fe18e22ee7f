/**
 * Which URLs mean this user's own server. They are reached through its unix socket: no token has to
 * travel there.
 */
import { readFileSync } from "node:fs";
import type { Paths } from "../../config/paths.ts";

const loopback = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Whether `url` is where the server of this data directory said that it listens (`server.json`). A
 * program of another user may listen there by now, so the caller connects to the socket instead,
 * whose directory no other user can write to. Every name of loopback with the same port counts.
 */
export function isOwnServer(url: string, { serverInfo }: Pick<Paths, "serverInfo">): boolean {
  const own = ownUrl(serverInfo);
  if (own === null || !URL.canParse(url)) return false;
  const asked = new URL(url);
  if (asked.protocol !== "http:" || asked.pathname !== "/" || asked.port !== own.port) return false;
  return asked.hostname === own.hostname || loopback.includes(asked.hostname);
}

function ownUrl(serverInfo: string): URL | null {
  try {
    const { url } = JSON.parse(readFileSync(serverInfo, "utf8")) as { url?: unknown };
    return typeof url === "string" && URL.canParse(url) ? new URL(url) : null;
  } catch {
    return null; // No server runs, or its file is broken.
  }
}
