/** `schedule rm`: submits nothing of a schedule any more. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "schedule rm",
  summary: "Remove a schedule",
  details: "Its tasks stay; what became of its times is forgotten.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  examples: [{ command: "claude-worker schedule rm triage", does: "submit it no more" }],
  async run({ words: [schedule = ""], options, io }) {
    await clientOf(io).removeSchedule({ schedule });
    if (options.json === true) writeJson(io.stdout, { removed: schedule });
    else say(io.stdout, `Schedule ${schedule} is removed. Its tasks stay.`);
    return exitCodes.ok;
  },
});
