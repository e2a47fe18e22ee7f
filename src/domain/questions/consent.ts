/** The question whether tasks may spend on paid usage once the account's limits are used up. */
import type { OverageLimit } from "../task/overage.ts";
import { stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

/** What stands where other questions name a tool. */
export const consentTool = "PaidUsage";

const dayMs = 86_400_000;

/** What a person is asked. @param limits at least one. */
export function consentInput(limits: readonly OverageLimit[]): JsonObject {
  const until = consentEnd(limits);
  return { limit: limits.map(({ what }) => `${what}.`).join(" "), until: until === null ? null : new Date(until).toISOString() };
}

/** The last reset of the limits; null: not known. */
export function consentEnd(limits: readonly OverageLimit[]): number | null {
  const ends = limits.map(({ until }) => until);
  return ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0));
}

/** Until when a consent counts: the reset, or a day where it is not known. */
export function consentUntil(input: JsonObject, now: number): number {
  const until = Date.parse(stringOf(input["until"]) ?? "");
  return Number.isNaN(until) ? now + dayMs : until;
}

export function consentText(input: JsonObject): string {
  const until = stringOf(input["until"]);
  const end = until === null ? "" : ` until ${until}`;
  return `May tasks be paid for as overage${end}? ${stringOf(input["limit"]) ?? "A limit of the account is used up."}`;
}
