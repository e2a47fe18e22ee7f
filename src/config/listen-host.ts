/**
 * Checks a host before it is written into the configuration, by the server's own rule
 * (http/listener/listen.ts).
 */
import { isIP } from "node:net";
import { withoutBrackets } from "../domain/text/host-name.ts";

/**
 * A sentence that says what is wrong and how to fix it; null: the server can listen on this host.
 */
export function hostProblem(host: string): string | null {
  const name = withoutBrackets(host.trim());
  if (isWildcard(name)) {
    const start = `claude-worker server start --host ${JSON.stringify(host)} --dangerously-bind-all`;
    return `The host ${JSON.stringify(host)} means every network, so the server would not start. If that is meant, say it at each start: ${start}`;
  }
  if (name.toLowerCase() === "localhost" || isIP(name) > 0) return null;
  return `The host ${JSON.stringify(host)} is not an IP address of this machine. Use 127.0.0.1.`;
}

/** Whether the system reads this address as "all addresses". */
function isWildcard(address: string): boolean {
  if (address === "" || /^(0x0*|0+)(\.(0x0*|0+)){0,3}$/i.test(address)) return true;
  return address.includes(":") && /^[0:]*(ffff:)?[0:.]*$/i.test(address);
}
