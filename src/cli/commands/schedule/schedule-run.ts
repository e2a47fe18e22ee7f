/** `schedule run`: submits a schedule's task now. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "schedule run",
  summary: "Submit a schedule's task now",
  details:
    "Its next time stays as it is. It starts beside runs that have not ended, also while the schedule is paused. On a pipe it prints the task's id.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  examples: [{ command: "claude-worker schedule run triage", does: "try it, or do not wait for the night" }],
  async run({ words: [schedule = ""], options, io }) {
    const connection = connectionOf(io);
    const run = await withServer(io, connection, async () => await connection.client.runSchedule({ schedule }));
    if (options.json === true) writeJson(io.stdout, run);
    else if (!io.stdout.isTTY) io.stdout.write(`${run.task ?? ""}\n`);
    else say(io.stdout, `Task ${run.task ?? ""} is submitted. Next: claude-worker watch ${run.task ?? ""}`);
    return exitCodes.ok;
  },
});
