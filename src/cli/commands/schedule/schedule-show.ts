/** `schedule show`: one schedule, its rules, its next runs and its prompt. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { schedulePage } from "../../terminal/render/schedule.ts";

export const command = defineCommand<object>({
  name: "schedule show",
  summary: "Show a schedule, with its next runs",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  examples: [{ command: "claude-worker schedule show triage", does: "when it runs, and what it submits" }],
  async run({ words: [schedule = ""], options, io }) {
    const { found } = await reading(io, async (client) => await client.getSchedule({ schedule }));
    if (options.json === true) writeJson(io.stdout, found);
    else await io.stdout.flow(schedulePage(found, Date.now()));
    return exitCodes.ok;
  },
});
