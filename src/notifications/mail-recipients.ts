/**
 * Decides what follows when a mail server refuses a part of a mail's recipients: some for good,
 * others for now (greylisting). No recipient gets the mail twice.
 */
import { domainToASCII } from "node:url";
import type { Rest } from "../domain/notifications/delivery.ts";
import type { Sent } from "./adapter.ts";

/** What the server said to one recipient (NodemailerError). */
export interface RefusedMail {
  readonly recipient?: string | undefined;
  /** Whether another try is useless. */
  readonly permanent?: boolean | undefined;
}

/**
 * What is left of an earlier try, without recipients that the channel has no more.
 * @param to all recipients of the channel.
 */
export function restIn(rest: Rest | null, to: readonly string[]): Rest | null {
  const known = new Set(to.map(normal));
  return rest === null ? null : { ...rest, to: rest.to.filter((each) => known.has(normal(each))) };
}

/** After a try that reached all recipients but these. @param left what was to be done by it. */
export function afterRefusals(refusals: readonly RefusedMail[], left: Rest | null): Sent {
  const addresses = (wanted: boolean): string[] =>
    refusals.flatMap(({ recipient, permanent }) => (recipient !== undefined && (permanent === true) === wanted ? [recipient] : []));
  const [later, refused] = [addresses(false), [...(left?.refused ?? []), ...addresses(true)]];
  const problem = refused.length === 0 ? "" : `The mail server refused ${refused.join(", ")}. `;
  const others = "The other recipients have the mail.";
  if (later.length > 0) {
    const error = `${problem}The mail server takes the mail for ${later.join(", ")} later only. ${others}`;
    return { delivered: false, error, rest: { to: later, refused } };
  }
  return problem === "" ? { delivered: true } : { delivered: true, problem: `${problem}${others}` };
}

/** The library writes the domain in its own way. */
function normal(address: string): string {
  const at = address.lastIndexOf("@");
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`.toLowerCase();
}
