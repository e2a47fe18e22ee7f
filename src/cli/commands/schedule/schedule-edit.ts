/** `schedule edit`: changes when a schedule runs, its rules, and what it submits. */
import { WorkerError } from "../../../domain/errors.ts";
import { plainText } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import type { Call } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf } from "../../server/connection.ts";
import { scheduleBody, scheduleFields, scheduleFlags } from "../../task/schedule-flags.ts";
import type { ScheduleFlags } from "../../task/schedule-flags.ts";
import { changedTarget } from "../../task/schedule-target.ts";
import { writeJson } from "../../terminal/io.ts";
import { nextLines, whenText } from "../../terminal/render/schedule.ts";
import { say } from "../../terminal/render/wrap.ts";

interface EditFlags extends ScheduleFlags {
  readonly name?: string;
}

export const command = defineCommand<EditFlags>({
  name: "schedule edit",
  summary: "Change a schedule",
  details:
    "What is not named stays. Behind -- stand a new prompt, options of run, or both. Without anything to change, $VISUAL or $EDITOR opens with the prompt. " +
    "--template, --workflow or a prompt may take the place of what was submitted before; --var and --input alone add to what is there. " +
    "From then on its runs have your rights, unless only the name changes.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  options: [
    ...scheduleFlags.map((option) => ({ ...option, description: option.description.replace(/ \(default: [^)]*\)/, "") })),
    { flags: "-n, --name <text>", description: "another name" },
  ],
  fields: scheduleFields,
  runLine: "a new prompt, options of run, or both",
  examples: [
    { command: 'claude-worker schedule edit triage --cron "30 5 * * *"', does: "another time" },
    { command: "claude-worker schedule edit triage -- --model opus", does: "another model, and the same prompt" },
    { command: "claude-worker schedule edit triage", does: "the prompt, in $EDITOR" },
    { command: "claude-worker schedule edit release --workflow release.yaml", does: "the file as it is now, with the same inputs" },
  ],
  async run(call) {
    const { words, options, io, behind = null } = call;
    const [schedule = ""] = words;
    const connection = connectionOf(io);
    const target = await changedTarget(schedule, { flags: options, behind, connection, io });
    const { name } = options;
    const change = { ...scheduleBody(options), ...(name === undefined ? {} : { name }), ...target };
    const { client } = connection;
    const changed =
      Object.keys(change).length === 0 ? await inEditor(call, schedule) : await client.updateSchedule({ schedule, ...change });
    if (changed === null) return exitCodes.ok;
    if (options.json === true) writeJson(io.stdout, changed);
    else {
      say(io.stdout, `Schedule ${changed.name} is changed: ${whenText(changed)} (${changed.time_zone}). Its next runs:`);
      io.stdout.write(
        nextLines(changed, Date.now())
          .map((line) => `  ${line}\n`)
          .join(""),
      );
    }
    return exitCodes.ok;
  },
});

/** The person changes the prompt. Null: it is unchanged. */
async function inEditor({ io }: Call<EditFlags>, schedule: string) {
  if (!io.stdin.isTTY || !io.stdout.isTTY)
    throw new WorkerError("invalid_input", 'Nothing to change: give --cron, another flag, or a run line behind --, e.g. -- "New prompt".');
  const { client } = connectionOf(io);
  const { task, template } = await client.getSchedule({ schedule });
  if (template !== null)
    throw new WorkerError(
      "invalid_input",
      `The template ${template.template} has the prompt: claude-worker template edit ${template.template}. To change what the schedule gives: --var NAME=VALUE`,
    );
  if (task === null) throw new WorkerError("invalid_input", `${schedule} runs a workflow. Change its file, and give it: --workflow FILE`);
  const { editedText } = await import("../../task/edited-text.ts");
  const prompt = editedText(task.prompt, io.env);
  if (prompt === task.prompt) {
    say(io.stderr, "The prompt is unchanged, so the schedule stays as it is.");
    return null;
  }
  return await client.updateSchedule({ schedule, task: { prompt } }).catch((error: unknown) => {
    // What a person has written is not lost.
    if (prompt.trim() !== "") say(io.stderr, `The prompt as you changed it:\n\n${plainText(prompt)}\n`);
    throw error;
  });
}
