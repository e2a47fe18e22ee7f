/** `schedule pause`: skip its times. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";

import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "schedule pause",
  summary: "Skip the times of a schedule",
  details: "Its runs that have not ended stay. schedule run still works.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  examples: [{ command: "claude-worker schedule pause triage", does: "skip its times" }],
  async run({ words: [schedule = ""], options, io }) {
    const found = await clientOf(io).updateSchedule({ schedule, paused: true });
    const { name } = found;
    if (options.json === true) writeJson(io.stdout, found);
    else say(io.stdout, `Schedule ${name} is paused: its times are skipped.`);
    return exitCodes.ok;
  },
});
