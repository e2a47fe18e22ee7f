/** Shows a login code as the address that a browser opens. */
import type { LoginCodeView } from "../../contract/views/browser-session.ts";
import { rfc3339 } from "../tasks/times.ts";

/** @param serverUrl where the server listens; null: on its unix socket only. */
export function loginCodeView({ code, expiresAt }: { code: string; expiresAt: number }, serverUrl: string | null): LoginCodeView {
  return { code, expires_at: rfc3339(expiresAt), url: serverUrl === null ? null : `${reachable(serverUrl)}/login#${code}` };
}

/** A server on all interfaces is reached at loopback: no browser opens `0.0.0.0` everywhere. */
function reachable(serverUrl: string): string {
  const url = new URL(serverUrl);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return url.origin;
}
