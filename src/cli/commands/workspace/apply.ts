/** `apply`: brings the work of a task into the checkout. */
import type { ApplyView } from "../../../contract/views/workspace.ts";
import type { ApplyWay } from "../../../domain/workspace/apply.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { sayLeftOut } from "../../task/left-out.ts";
import { sayUnproven } from "../../task/say-unproven.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface ApplyFlags {
  readonly squash?: boolean;
  readonly merge?: boolean;
  readonly rebase?: boolean;
  readonly patch?: boolean;
  readonly message?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export const command = defineCommand<ApplyFlags>({
  name: "apply",
  summary: "Bring a task's work from its worktree into the checkout",
  details:
    "Onto the branch that is checked out in the task's working directory. The result is computed beside it first. A checkout with changes that are not committed is refused, and work that does not fit changes nothing.",
  arguments: [{ name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" }],
  options: [
    { flags: "--squash", description: "as one commit, also what the task has not committed (the default)" },
    { flags: "--merge", description: "as a merge of the task's branch" },
    { flags: "--rebase", description: "the task's commits, one by one" },
    { flags: "--patch", description: "as changes that are not committed" },
    { flags: "-m, --message <text>", description: "the commit's message; default: the task's name or title" },
    { flags: "--dry-run", description: "only show what would be applied, and whether it fits" },
    { flags: "-y, --yes", description: "do not ask; needed where there is no terminal" },
  ],
  examples: [
    { command: "claude-worker apply 42", does: "show what would come onto the branch, and ask" },
    { command: "claude-worker apply 42 --merge --yes", does: "merge its branch, in a script" },
    { command: "claude-worker apply 42 --patch", does: "only change the files, to look at them in an editor" },
  ],
  async run({ words: [word = ""], options, io }) {
    const { message, dryRun, yes, json } = options;
    const way = wayOf(options);
    const client = clientOf(io);
    const id = await actTaskId(client, word);
    const input = { id, way, ...(message === undefined ? {} : { message }) };
    if (dryRun === true || yes !== true) {
      const plan = await client.applyTask({ ...input, dry_run: true });
      if (plan.changed_files === 0 || dryRun === true) {
        if (json === true) writeJson(io.stdout, { id, ...plan });
        else {
          say(io.stdout, plan.changed_files === 0 ? nothing(id, plan) : `Task ${id} fits onto ${branchOf(plan)}: ${changesOf(plan)}.`);
          sayLeftOut(io, id, plan);
          if (plan.changed_files > 0) await sayUnproven(io, client, [id]);
        }
        return exitCodes.ok;
      }
      if (!canAsk(io)) {
        say(io.stderr, `Task ${id} fits onto ${branchOf(plan)}: ${changesOf(plan)}.`);
        sayLeftOut(io, id, plan);
        await sayUnproven(io, client, [id]);
        throw new WorkerError("invalid_input", "Nothing was applied. Without a terminal, say --yes.");
      }
      sayLeftOut(io, id, plan);
      await sayUnproven(io, client, [id]);
      await confirm(
        io,
        `Apply task ${id} onto ${branchOf(plan)} (${changesOf(plan)})?`,
        new WorkerError("invalid_input", "Nothing was applied."),
      );
    }
    const done = await client.applyTask(input);
    if (json === true) {
      writeJson(io.stdout, { id, ...done });
      return exitCodes.ok;
    }
    sayLeftOut(io, id, done);
    if (yes === true && done.applied) await sayUnproven(io, client, [id]);
    if (!done.applied) say(io.stdout, nothing(id, done));
    else {
      const result = done.commit === null ? "The changes are not committed." : `${branchOf(done)} is at ${done.commit.slice(0, 12)}.`;
      say(io.stdout, `Applied task ${id} onto ${branchOf(done)}: ${changesOf(done)}. ${result}`);
    }
    return exitCodes.ok;
  },
});

/** @throws WorkerError invalid_input: more than one way. */
function wayOf({ squash, merge, rebase, patch }: ApplyFlags): ApplyWay {
  const ways = { squash, merge, rebase, patch };
  const given = (Object.keys(ways) as ApplyWay[]).filter((way) => ways[way] === true);
  if (given.length > 1)
    throw new WorkerError("invalid_input", `${given.map((each) => `--${each}`).join(" and ")} contradict each other. Give one.`);
  return given[0] ?? "squash";
}

function nothing(id: number | string, plan: ApplyView): string {
  if (plan.way === "patch") return `Nothing to apply: the files of ${branchOf(plan)} have the changes of task ${id} already.`;
  return `Nothing to apply: task ${id} has no changes that ${branchOf(plan)} does not have.`;
}

function branchOf({ branch }: ApplyView): string {
  return plainLine(branch, 200);
}

function changesOf({ changed_files: files, insertions, deletions }: ApplyView): string {
  return `${files} ${files === 1 ? "file" : "files"}, +${insertions} -${deletions} lines`;
}
