/** `messages`: what was said to a task after its prompt. */
import type { MessageView } from "../../../contract/views/message.ts";
import { callerText } from "../../../domain/text/caller-text.ts";
import { plainLine, plainText } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { markdownLines } from "../../terminal/render/markdown/render.ts";
import { table } from "../../terminal/render/table.ts";
import { relativeTime } from "../../terminal/render/time.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "messages",
  summary: "List what was said to a task after its prompt",
  details:
    "Oldest first. Where Claude Code has answered a message itself (a command like `/context`), the answer stands below it. Without a terminal: number, tab, status, tab, time, tab, sender, tab, text, and perhaps a tab and that answer, in one line.",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  examples: [
    { command: "claude-worker messages 42", does: "what was said, and what became of it" },
    { command: "claude-worker messages 42 --json | jq '.messages[].status'", does: "where each stands" },
  ],
  async run({ words, options, io }) {
    const {
      found: { list: found, left },
    } = await reading(io, async (client) => {
      const id = await readTaskId(client, words[0]);
      const { messages } = await client.listMessages({ id });
      const task = messages.some(({ status }) => status === "queued") ? await client.getTask({ id }) : null;
      return { list: { id, messages }, left: task === null || task.ended_at === null ? null : task };
    });
    const paint = painter(io.stdout);
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) await io.stdout.flow(found.messages.map((each) => `${fieldsOf(each).join("\t")}\n`).join(""));
    else if (found.messages.length === 0)
      say(io.stdout, `Nothing was said to task ${found.id} after its prompt. Say something: claude-worker send ${found.id} "…"`);
    else {
      const rows = found.messages.flatMap(({ id, status, queued_at: at, sent_by: by, text, note }) => {
        const sent = `${relativeTime(at, Date.now())} by ${callerText(by)}`;
        const first = [
          { text: `m${id}`, paint: paint.bold },
          { text: status },
          { text: sent, paint: paint.dim },
          { text: plainLine(text, 2000) },
        ];
        const answer = { text: `→ ${isLong(note) ? "see below" : plainLine(note ?? "", 2000)}`, paint: paint.dim };
        return note === null ? [first] : [first, [{ text: "" }, { text: "" }, { text: "" }, answer]];
      });
      const header = ["ID", "STATUS", "SENT", "TEXT"];
      io.stdout.write(table(rows, { header, paintHeader: paint.dim, width: io.stdout.columns, wrapsLast: true }));
      for (const { id, note } of found.messages) {
        if (note === null || !isLong(note)) continue;
        say(io.stdout, `\n${paint.bold(`m${id}`)}: Claude Code answered`);
        io.stdout.write(
          `${markdownLines(plainText(note), io.stdout.columns - 2, paint)
            .map((line) => `  ${line}`.trimEnd())
            .join("\n")}\n`,
        );
      }
      if (left !== null) {
        const retry = `claude-worker retry ${left.id}${left.session_id === null ? "" : " --resume"}`;
        say(io.stdout, `Task ${left.id} ended before it could deliver what is queued. The next attempt delivers it: ${retry}`);
      }
    }
    return exitCodes.ok;
  },
});

/** Whether an answer of Claude Code itself is a text of several lines, like that of `/context`. */
function isLong(note: string | null): note is string {
  return note?.trim().includes("\n") === true;
}

function fieldsOf({ id, status, queued_at: at, sent_by: by, text, note }: MessageView): string[] {
  const fields = [`m${id}`, status, at, plainLine(by, 200), plainLine(text, 100_000)];
  return note === null ? fields : [...fields, plainLine(note, 100_000)];
}
