/** Holds as lines: why nothing starts, until when, and how many tasks wait. */
import type { HoldView } from "../../../contract/views.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { localTime } from "./time.ts";

/** Each ends with a newline; empty without holds. */
export function holdLines(holds: readonly HoldView[]): string {
  return holds.map((hold) => `  ${holdText(hold)}\n`).join("");
}

/** `held until 2026-11-22 05:00:00: five-hour limit, 7 tasks wait`. */
export function holdText({ message, until, tasks_waiting }: HoldView): string {
  const end = until === null ? "" : ` until ${localTime(until)}`;
  const waiting = tasks_waiting === 1 ? "1 task waits" : `${tasks_waiting} tasks wait`;
  return `held${end}: ${cutInside(plainLine(message, 10_000))} (${waiting})`;
}

const headLength = 150;
const tailLength = 130;

/** A long message loses its middle: at its end stands what to do. */
function cutInside(line: string): string {
  const characters = Array.from(line);
  if (characters.length <= headLength + tailLength) return line;
  return `${characters.slice(0, headLength).join("")} … ${characters.slice(-tailLength).join("")}`;
}
