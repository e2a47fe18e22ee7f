/**
 * Finds the addresses of a host, and refuses those that a notification must not reach. The caller
 * connects to exactly these addresses, so that no later answer of the name's server counts.
 */
import { lookup } from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { withoutBrackets } from "../domain/text/host-name.ts";

/** Services of clouds that give out credentials, at private and shared addresses. */
const metadata: ReadonlySet<string> = new Set(["fd00:ec2::254", "fd20:ce::254", "100.100.100.200"]);

/** Of the ranges that are never allowed; the others belong to no single machine of the internet. */
const kinds: Readonly<Record<string, string>> = {
  linkLocal: "link-local, where clouds give out credentials",
  multicast: "of a group of machines",
  broadcast: "of all machines of a network",
};

/** Reachable with `allowPrivate` only. */
const privateRanges: ReadonlySet<string> = new Set(["private", "loopback", "uniqueLocal", "carrierGradeNat"]);

/**
 * The addresses of the host.
 * @throws Error a sentence: the name is unknown, or one of its addresses is not allowed.
 */
export async function allowedAddresses(hostname: string, { allowPrivate }: { readonly allowPrivate: boolean }): Promise<LookupAddress[]> {
  const host = withoutBrackets(hostname);
  const family = isIP(host);
  const found = family === 0 ? await resolved(host) : [{ address: host, family }];
  for (const { address } of found) {
    const problem = addressProblem(address, { allowPrivate });
    if (problem !== null) throw new Error(`${host} ${family === 0 ? `has the address ${address}, which ` : ""}${problem}.`);
  }
  return found;
}

/**
 * Why a host that is an address must not be reached; null: it may, or it is a name, which is judged
 * when a message is sent.
 */
export function hostProblem(hostname: string, { allowPrivate }: { readonly allowPrivate: boolean }): string | null {
  const host = withoutBrackets(hostname);
  return isIP(host) === 0 ? null : addressProblem(host, { allowPrivate });
}

/** Why the address must not be reached; null: it may. A part of a sentence. */
export function addressProblem(address: string, { allowPrivate }: { readonly allowPrivate: boolean }): string | null {
  // An IPv4 address in an IPv6 one counts as what it is.
  const parsed = ipaddr.isValid(address) ? ipaddr.process(address) : null;
  if (parsed !== null && metadata.has(parsed.toString())) return "is never notified: clouds give out credentials there";
  const range = parsed === null ? "unknown" : rangeOf(parsed);
  if (range === "unicast") return null;
  if (!privateRanges.has(range)) return `is never notified: it is ${kinds[range] ?? "of no machine on the internet"}`;
  return allowPrivate ? null : "is private; add the channel with --allow-private if that is meant";
}

/** Of IPv6 only 2000::/3 is given out; the rest holds forms like ::127.0.0.1. */
function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = address.range();
  const isGivenOut = address instanceof ipaddr.IPv4 || ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
  return range === "unicast" && !isGivenOut ? "reserved" : range;
}

async function resolved(host: string): Promise<LookupAddress[]> {
  try {
    return await lookup(host, { all: true });
  } catch (error) {
    throw new Error(`The name ${host} has no address (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`, { cause: error });
  }
}
