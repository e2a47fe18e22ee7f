/** `pr watch`: has news of a task's pull request come back to it, or lists what is watched. */
import type { PullRequestWatchView } from "../../../contract/views/pull-request.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defaultMaxMessages, mostMessages } from "../../../domain/pull-requests/watch.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf, reading } from "../../server/connection.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { sayWatched, watchStateText } from "../../task/watched-pull-request.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Output } from "../../terminal/output.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { say } from "../../terminal/render/wrap.ts";

interface WatchFlags {
  readonly off?: boolean;
  readonly maxMessages?: string;
}

const columns = ["task", "state", "messages", "max_messages", "left_out", "url", "problem"] as const;

export const command = defineCommand<WatchFlags>({
  name: "pr watch",
  summary: "Have failed checks and review comments come back to the task of a pull request",
  details: `The server looks with the program gh, and sends what is new as one message once the task has ended: failed checks, and comments of authors who may write to the repository. The task continues then, which costs what a follow-up costs. It ends when the pull request is merged or closed. Without a task: lists what is watched. Without a terminal: columns separated by tabs: ${columns.join(", ")}.`,
  arguments: [{ name: "[id]", description: "the task: its id, last, or its whole name", completes: "tasks" }],
  options: [
    { flags: "--off", description: "do not watch it any more" },
    { flags: "--max-messages <n>", description: `end after so many messages (1-${mostMessages}); default: ${defaultMaxMessages}` },
  ],
  examples: [
    { command: "claude-worker pr watch 42", does: "send what is new at its pull request to task 42" },
    { command: "claude-worker pr watch", does: "what is watched, and what came of it" },
    { command: "claude-worker pr watch 42 --off", does: "stop that" },
  ],
  async run({ words: [word], options, io }) {
    const { off, maxMessages, json } = options;
    if (word === undefined) {
      if (off === true || maxMessages !== undefined) throw new WorkerError("invalid_input", "Say which task: claude-worker pr watch 42");
      const { found } = await reading(io, async (client) => await client.listPullRequestWatches());
      if (json === true) writeJson(io.stdout, found);
      else if (!io.stdout.isTTY) await io.stdout.flow(found.watches.map((each) => `${fieldsOf(each).join("\t")}\n`).join(""));
      else if (found.watches.length === 0) say(io.stdout, "No pull request is watched. Watch the one of a task: claude-worker pr watch 42");
      else io.stdout.write(tableOf(found.watches, io.stdout));
      return exitCodes.ok;
    }
    if (off === true && maxMessages !== undefined)
      throw new WorkerError("invalid_input", "--off and --max-messages exclude each other. Leave one out.");
    const most = numberOf(maxMessages);
    const client = clientOf(io);
    const id = await actTaskId(client, word);
    const watch =
      off === true
        ? await client.unwatchPullRequest({ id })
        : await client.watchPullRequest(most === undefined ? { id } : { id, max_messages: most });
    if (json === true) writeJson(io.stdout, watch);
    else if (off === true) say(io.stdout, `Pull request #${watch.number} of task ${watch.task} ${watchStateText(watch)}.`);
    else sayWatched(io.stdout, watch);
    return exitCodes.ok;
  },
});

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= mostMessages) return number;
  throw new WorkerError(
    "invalid_input",
    `--max-messages takes a whole number from 1 to ${mostMessages}, and "${plainLine(text, 50)}" is not one.`,
  );
}

function fieldsOf(watch: PullRequestWatchView): string[] {
  return columns.map((column) => plainLine(String(watch[column] ?? ""), 1000));
}

function tableOf(watches: readonly PullRequestWatchView[], output: Output): string {
  const paint = painter(output);
  const rows = watches.map((each) => [
    { text: String(each.task), paint: paint.bold },
    { text: `#${each.number}`, paint: paint.cyan },
    { text: `${each.messages} of ${each.max_messages}` },
    { text: each.left_out === 0 ? "" : String(each.left_out) },
    { text: plainLine(each.url, 300), paint: paint.dim },
    { text: `${watchStateText(each)}${each.problem === null ? "" : `: ${plainLine(each.problem, 500)}`}` },
  ]);
  const header = ["TASK", "PR", "MESSAGES", "LEFT OUT", "ADDRESS", "STATE"];
  return table(rows, { header, paintHeader: paint.dim, width: output.columns, right: [0], wrapsLast: true });
}
