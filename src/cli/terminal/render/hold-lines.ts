/** Holds as lines: why nothing starts, until when, and how many tasks wait. */
import type { HoldView } from "../../../contract/views/hold.ts";
import { defaultProfile } from "../../../domain/task/profile.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { localTime } from "./time.ts";
import { prose } from "./wrap.ts";

/** Each ends with a newline; empty without holds. */
export function holdLines(holds: readonly HoldView[], output: Pick<Output, "isTTY" | "columns">): string {
  return holds.map((hold) => `${prose(output, holdText(hold), { first: "  ", rest: "    " })}\n`).join("");
}

/**
 * `held until 2026-11-22 05:00:00, 7 tasks wait: five-hour limit`. The message is whole and comes
 * last: it often ends with a command to copy.
 */
export function holdText({ message, until, tasks_waiting, profiles }: HoldView): string {
  const end = until === null ? "" : ` until ${localTime(until)}`;
  const waiting = tasks_waiting === 1 ? "1 task waits" : `${tasks_waiting} tasks wait`;
  return `held${whose(profiles)}${end}, ${waiting}: ${plainLine(message, 10_000)}`;
}

/** Most users have the server's own profile only: then nothing is said. */
function whose(profiles: HoldView["profiles"]): string {
  const names = (profiles ?? []).map((name) => plainLine(name, 63));
  if (names.length === 0 || (names.length === 1 && names[0] === defaultProfile)) return "";
  return ` for the ${names.length === 1 ? "profile" : "profiles"} ${names.join(", ")}`;
}
