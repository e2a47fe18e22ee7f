/** `schedule add`: submits a task, a template or a workflow again and again, or at a time. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf } from "../../server/connection.ts";
import { submitTrusting } from "../../task/run-input.ts";
import { runLine, scheduleBody, scheduleFields, scheduleFlags } from "../../task/schedule-flags.ts";
import type { ScheduleFlags } from "../../task/schedule-flags.ts";
import { newTarget } from "../../task/schedule-target.ts";
import { writeJson } from "../../terminal/io.ts";
import { nextLines, whenText } from "../../terminal/render/schedule.ts";
import { say } from "../../terminal/render/wrap.ts";

interface AddFlags extends ScheduleFlags {
  readonly paused?: boolean;
}

export const command = defineCommand<AddFlags>({
  name: "schedule add",
  summary: "Submit a task, a template or a workflow again and again, or at a time",
  details:
    "Say when with --cron, --every or --at. Behind -- stands what run takes: the prompt and its options; a prompt in a file is read now. Or name a template, or a workflow file, which is stored with the schedule. " +
    "Each run is submitted with your rights at its time. Five that cannot be submitted in a row pause the schedule. When no server runs, one is started; it has to run when a time comes.",
  arguments: [{ name: "<name>", description: "a name for it: letters, digits, '.', ':', '_' and '-'" }],
  options: [...scheduleFlags, { flags: "--paused", description: "skip its times until: claude-worker schedule resume" }],
  fields: scheduleFields,
  runLine,
  examples: [
    {
      command: 'claude-worker schedule add triage --cron "0 2 * * 1-5" --tz Europe/Berlin -d ~/src/ledger -- "Triage the new issues"',
      does: "at 2 on workdays",
    },
    { command: 'claude-worker schedule add deps --every 12h --jitter 10m -- "Update the dependencies" --worktree', does: "twice a day" },
    {
      command: 'claude-worker schedule add once --at "2026-12-24 02:00" -- release.md --model opus',
      does: "one time, with a prompt in a file",
    },
    { command: "claude-worker schedule add review --cron @daily --template review --var branch=main -- --model opus", does: "a template" },
    {
      command: 'claude-worker schedule add release --cron "0 20 * * 5" --workflow release.yaml --input version=2.4 -d ~/src/ledger',
      does: "a workflow",
    },
  ],
  async run({ words: [name = ""], options, io, behind = null }) {
    const when = [options.cron, options.at, options.every].filter((given) => given !== undefined);
    if (when.length !== 1)
      throw new WorkerError("invalid_input", 'Say when with one of --cron "0 2 * * *", --every 6h and --at "2026-12-24 02:00".');
    if (behind === null && options.template === undefined && options.workflow === undefined)
      throw new WorkerError(
        "invalid_input",
        `Say what it submits, behind --: claude-worker schedule add ${name} … -- "Triage the new issues"; or with --template or --workflow.`,
      );
    const connection = connectionOf(io);
    const { body: target, trust, working_directory } = await newTarget({ flags: options, behind, connection, io });
    // The person means the clock of this terminal, wherever the server was started.
    const time_zone = options.tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    const body = { name, ...scheduleBody(options), time_zone, ...(options.paused === true ? { paused: true } : {}), ...target };
    const call = { io, connection, trust, input: { working_directory }, isRepeatable: false };
    const schedule = await submitTrusting(call, async (client) => await client.addSchedule(body));
    if (options.json === true) writeJson(io.stdout, schedule);
    else {
      say(
        io.stdout,
        `Schedule ${name} is added${schedule.paused ? ", and is paused" : ""}: ${whenText(schedule)} (${schedule.time_zone}). Its next runs:`,
      );
      io.stdout.write(
        nextLines(schedule, Date.now())
          .map((line) => `  ${line}\n`)
          .join(""),
      );
    }
    return exitCodes.ok;
  },
});
