/** `hold`: nothing starts until `resume`. */
import type { HoldView } from "../../../contract/views/hold.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { holdLines } from "../../terminal/render/hold-lines.ts";

export const command = defineCommand<object>({
  name: "hold",
  summary: "Start no more tasks until `resume`; running tasks continue",
  arguments: [{ name: "[reason]", description: "the reason, shown to people", isText: true }],
  examples: [{ command: 'claude-worker hold "the laptop is on battery"', does: "pause the queue" }],
  async run({ words, options, io }) {
    const { holds } = await clientOf(io).hold({ reason: words[0] ?? null });
    if (options.json === true) writeJson(io.stdout, { holds });
    else io.stdout.write(`Nothing starts until: claude-worker resume\n${holdLines(worthALine(holds, words[0] ?? ""), io.stdout)}`);
    return exitCodes.ok;
  },
});

/** The hold that was just put says nothing more when it has no reason and no task waits. */
function worthALine(holds: readonly HoldView[], reason: string): readonly HoldView[] {
  return holds.filter(({ kind, tasks_waiting }) => kind !== "manual" || reason.trim() !== "" || tasks_waiting > 0);
}
