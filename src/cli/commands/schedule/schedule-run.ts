/** `schedule run`: submits what a schedule submits, now. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "schedule run",
  summary: "Submit what a schedule submits, now",
  details:
    "Its next time stays as it is. It starts beside runs that have not ended, also while the schedule is paused. On a pipe it prints the number of the task, or of the workflow's run.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  examples: [{ command: "claude-worker schedule run triage", does: "try it, or do not wait for the night" }],
  async run({ words: [schedule = ""], options, io }) {
    const connection = connectionOf(io);
    const run = await withServer(io, connection, async () => await connection.client.runSchedule({ schedule }));
    if (options.json === true) writeJson(io.stdout, run);
    else if (!io.stdout.isTTY) io.stdout.write(`${run.workflow ?? run.task ?? ""}\n`);
    else if (run.workflow !== null) say(io.stdout, `Workflow ${run.workflow} runs. Next: claude-worker workflow show ${run.workflow}`);
    else say(io.stdout, `Task ${run.task ?? ""} is submitted. Next: claude-worker watch ${run.task ?? ""}`);
    return exitCodes.ok;
  },
});
