/** `schedule resume`: let it run again. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { nextLines } from "../../terminal/render/schedule.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "schedule resume",
  summary: "Let a paused schedule run again",
  details: "Times that came during the pause stay skipped.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  examples: [{ command: "claude-worker schedule resume triage", does: "let it run again" }],
  async run({ words: [schedule = ""], options, io }) {
    const found = await clientOf(io).updateSchedule({ schedule, paused: false });
    const { name } = found;
    if (options.json === true) writeJson(io.stdout, found);
    else say(io.stdout, `Schedule ${name} is on. Next run: ${nextLines(found, Date.now())[0] ?? "none any more"}`);
    return exitCodes.ok;
  },
});
