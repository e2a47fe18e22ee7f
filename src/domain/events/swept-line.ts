/**
 * Says in one line which processes had to be ended after an attempt. Stands in a separate file
 * because the runner and the server make the same line.
 */
import { ownCommand } from "../attempt/own-command.ts";
import type { EventData } from "./event.ts";

/** null without processes. A command and its subshells are named once. */
export function sweptLine(processes: EventData["swept"]["processes"]): string | null {
  if (processes.length === 0) return null;
  const commands = [...new Set(processes.map(({ command }) => ownCommand(command)))];
  const what = processes.length === 1 ? "1 left-over process was" : `${processes.length} left-over processes were`;
  return `[swept] ${what} ended: ${commands.join(", ")}`;
}
