/** `template list`: the stored prompts. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { variablesText } from "../../terminal/render/template.ts";

export const command = defineCommand<object>({
  name: "template list",
  summary: "List templates",
  details: "Without a terminal: name, variables, first line of the prompt, with tabs between.",
  examples: [{ command: "claude-worker template list", does: "what there is, with its variables" }],
  async run({ options, io }) {
    const {
      found: { templates },
    } = await reading(io, async (client) => await client.listTemplates());
    const cells = templates.map((template) => [
      template.name,
      variablesText(template),
      plainLine(template.prompt.trim().split("\n", 1)[0] ?? "", 120),
    ]);
    if (options.json === true) writeJson(io.stdout, { templates });
    else if (!io.stdout.isTTY) io.stdout.write(cells.map((row) => `${row.join("\t")}\n`).join(""));
    else if (cells.length === 0) io.stdout.write("There is no template. Add one: claude-worker template add NAME --file F\n");
    else {
      const rows = cells.map((row) => row.map((text) => ({ text })));
      io.stdout.write(
        table(rows, { header: ["NAME", "VARIABLES", "PROMPT"], paintHeader: painter(io.stdout).dim, width: io.stdout.columns }),
      );
    }
    return exitCodes.ok;
  },
});
