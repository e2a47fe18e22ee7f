/** `rules`: the permission rules that answers have made. */
import { callerText } from "../../../domain/text/caller-text.ts";
import { plainLine, visibleText } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { relativeTime } from "../../terminal/render/time.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "rules",
  summary: "List the permission rules that answers have made",
  details: "Tasks in a rule's directory and below it may make such calls unasked. Without a terminal: id, tab, rule, tab, directory.",
  examples: [
    { command: "claude-worker rules", does: "what is allowed from now on, and where" },
    { command: "claude-worker rules remove 3", does: "take rule 3 back" },
  ],
  async run({ options, io }) {
    const { found: list } = await reading(io, async (server) => await server.listRules());
    const paint = painter(io.stdout);
    if (options.json === true) writeJson(io.stdout, list);
    else if (!io.stdout.isTTY)
      io.stdout.write(
        list.rules
          .map(({ id, rule, directory }) => `${id}\t${plainLine(visibleText(rule), 1000)}\t${plainLine(directory, 4096)}\n`)
          .join(""),
      );
    else if (list.rules.length === 0) say(io.stdout, "No answer has made a rule. One does: claude-worker answer q7 allow --always");
    else {
      const rows = list.rules.map(({ id, rule, directory, since, made_by: by }) => [
        { text: String(id) },
        { text: plainLine(visibleText(rule), 200) },
        { text: `${relativeTime(since, Date.now())} by ${callerText(by)}` },
        { text: plainLine(directory, 4096) },
      ]);
      io.stdout.write(
        table(rows, { header: ["ID", "RULE", "SINCE", "DIRECTORY"], paintHeader: paint.dim, width: io.stdout.columns, optional: [2] }),
      );
    }
    return exitCodes.ok;
  },
});
