/** `land`: brings the work of several tasks onto a branch, checked together. */
import type { LandedTaskView, LandView } from "../../../contract/views/workspace.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { plainLine, plainText } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import type { ExitCode } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { followLanding } from "../../task/follow-landing.ts";
import { sayLeftOut } from "../../task/left-out.ts";
import { sayUnproven } from "../../task/say-unproven.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface LandFlags {
  readonly into?: string;
  readonly rebase?: boolean;
  readonly sendConflicts?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export const command = defineCommand<LandFlags>({
  name: "land",
  summary: "Bring the work of several tasks onto a branch, checked together",
  details:
    "One behind the other, each as one commit. The tasks' verify commands have to pass for the whole before the branch moves. Work that does not fit or makes a command fail is left out, and the rest lands. Nothing is pushed.",
  arguments: [{ name: "<id...>", description: "the tasks, in the order in which they land", completes: "tasks" }],
  options: [
    { flags: "--into <branch>", description: "the branch that gets the work" },
    { flags: "--rebase", description: "each task's own commits, instead of one commit a task" },
    { flags: "--send-conflicts", description: "tell each task whose work does not fit, so that it resolves the conflict" },
    { flags: "--dry-run", description: "only show what fits; no command is run" },
    { flags: "-y, --yes", description: "do not ask; needed where there is no terminal" },
  ],
  examples: [
    { command: "claude-worker land 42 43 44 --into main", does: "show what fits and what is checked, and ask" },
    { command: "claude-worker land 42 43 --into main --send-conflicts --yes", does: "in a script; conflicts go back to their tasks" },
  ],
  async run({ words, options, io }) {
    const { into, rebase, sendConflicts, dryRun, yes, json } = options;
    if (into === undefined) throw new WorkerError("invalid_input", "Say which branch gets the work: --into main");
    const client = clientOf(io);
    const named = new Set<number>();
    for (const word of words) named.add(Number(await actTaskId(client, word)));
    const tasks = [...named];
    const input = { tasks, into, way: rebase === true ? "rebase" : "squash", send_conflicts: sendConflicts === true } as const;
    const plan = await client.landTasks({ ...input, dry_run: true });
    const fits = plan.tasks.filter(({ state }) => state === "landed");
    if (json !== true) {
      await sayUnproven(
        io,
        client,
        fits.map(({ task }) => task),
      );
    }
    if (dryRun === true) return show(io, plan, json === true);
    if (yes !== true && fits.length > 0) {
      for (const each of plan.tasks) if (each.state !== "landed") say(io.stderr, `${lineOf(each, plan)}${toldOf(each, sendConflicts)}`);
      if (!canAsk(io)) throw new WorkerError("invalid_input", "Nothing was landed. Without a terminal, say --yes.");
      const names = fits.map(({ task }) => task).join(", ");
      const question = `Land ${names} on ${plainLine(into, 200)}? ${checkText(plan)}`;
      await confirm(io, question, new WorkerError("invalid_input", "Nothing was landed."));
    }
    const what = `${tasks.length} ${tasks.length === 1 ? "task" : "tasks"} on ${plainLine(into, 200)}`;
    io.stderr.write(`Landing ${what}.${fits.length === 0 ? "" : ` ${checkText(plan)}`}\n`);
    return show(io, await followLanding(io, client, { into, tasks }, async () => await client.landTasks(input)), json === true);
  },
});

/** @returns the exit code: whether everything is on the branch, or would be. */
function show(io: Io, view: LandView, isJson: boolean): ExitCode {
  if (isJson) writeJson(io.stdout, view);
  else {
    for (const each of view.tasks) {
      say(io.stdout, lineOf(each, view));
      sayLeftOut(io, each.task, each);
    }
    for (const { task, check } of view.tasks)
      if (check !== null && check.output_tail !== "")
        io.stdout.write(`\nTask ${task}, ${plainLine(check.command, 200)}:\n${plainText(check.output_tail)}\n`);
    if (view.commit !== null) say(io.stdout, `${plainLine(view.into, 200)} is at ${view.commit.slice(0, 12)}. Nothing was pushed.`);
  }
  const isWhole = view.tasks.every(({ state }) => state === "landed" || state === "already");
  return isWhole ? exitCodes.ok : exitCodes.failed;
}

function lineOf({ task, state, changed_files: files, reason, message }: LandedTaskView, { into, dry_run }: LandView): string {
  const branch = plainLine(into, 200);
  if (state === "landed")
    return `Task ${task} ${dry_run ? "fits onto" : "landed on"} ${branch}: ${files} ${files === 1 ? "file" : "files"}.`;
  if (state === "already") return `Task ${task}: ${branch} has its work already.`;
  const sent = message === null ? "" : " The task has a message, and continues.";
  return `Task ${task} ${dry_run ? "does not fit" : "was left out"}: ${plainLine(reason ?? "", 2000)}${sent}`;
}

function toldOf({ state }: LandedTaskView, sendConflicts: boolean | undefined): string {
  return state === "conflict" && sendConflicts === true ? " It gets a message, and continues." : "";
}

function checkText({ checks }: LandView): string {
  if (checks.length === 0) return "These tasks have no verify command, so nothing is checked.";
  return `Checked by: ${checks.map((each) => plainLine(each, 100)).join("; ")}.`;
}
