/** `notify list`: the channels, without their secrets. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "notify list",
  summary: "List the channels of notifications",
  details:
    "Without a terminal: id, name, kind, events, messages that wait, messages that were given up, target, answers, with tabs between.",
  examples: [{ command: "claude-worker notify list", does: "who is notified of what" }],
  async run({ options, io }) {
    const { found: list } = await reading(io, (client) => client.listChannels());
    const { channels } = list;
    if (options.json === true) writeJson(io.stdout, list);
    else if (!io.stdout.isTTY) {
      const lines = channels.map(({ id, name, kind, events, pending, dead, target, answers }) =>
        [id, name, kind, events.join(","), pending, dead, plainLine(target, 2000), answers].join("\t"),
      );
      io.stdout.write(lines.map((line) => `${line}\n`).join(""));
    } else if (channels.length === 0) say(io.stdout, "There is no channel. Add one: claude-worker notify add NAME --webhook URL");
    else {
      const paint = painter(io.stdout);
      const rows = channels.map(({ name, kind, events, pending, dead, target, answers, answers_problem: problem }) => [
        { text: name },
        { text: kind },
        { text: String(pending) },
        dead > 0 ? { text: String(dead), paint: paint.red } : { text: "0" },
        problem === null ? { text: answers } : { text: `${answers}!`, paint: paint.red },
        { text: events.join(",") },
        { text: plainLine(target, 200) },
      ]);
      const header = ["NAME", "KIND", "WAITING", "DEAD", "ANSWERS", "ON", "TARGET"];
      io.stdout.write(table(rows, { header, paintHeader: paint.dim, width: io.stdout.columns }));
      for (const { name, answers_problem: problem } of channels)
        if (problem !== null) say(io.stdout, `${name}: answers do not arrive as they should. ${plainLine(problem, 500)}`);
    }
    return exitCodes.ok;
  },
});
