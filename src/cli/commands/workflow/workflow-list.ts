/** `workflow list`: runs of workflows, newest first. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";

export const command = defineCommand<object>({
  name: "workflow list",
  summary: "List runs of workflows, newest first",
  details: "The newest 50. Without a terminal: number, status, completed tasks, all tasks, name, with tabs between.",
  examples: [{ command: "claude-worker workflow list", does: "what runs, and what became of the others" }],
  async run({ options, io }) {
    const {
      found: { workflows },
    } = await reading(io, async (client) => await client.listWorkflows());
    const cells = workflows.map(({ id, status, counts, name }) => {
      const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
      return [String(id), status, String(counts["completed"] ?? 0), String(all), plainLine(name, 100)];
    });
    if (options.json === true) writeJson(io.stdout, { workflows });
    else if (!io.stdout.isTTY) io.stdout.write(cells.map((row) => `${row.join("\t")}\n`).join(""));
    else if (cells.length === 0) io.stdout.write("No workflow has run. Run one: claude-worker workflow run FILE\n");
    else {
      const rows = cells.map((row) => row.map((text) => ({ text })));
      io.stdout.write(
        table(rows, {
          header: ["ID", "STATUS", "COMPLETED", "TASKS", "NAME"],
          paintHeader: painter(io.stdout).dim,
          width: io.stdout.columns,
        }),
      );
    }
    return exitCodes.ok;
  },
});
