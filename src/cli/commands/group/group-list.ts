/** `group list`: limits, pauses, and how many tasks of each group run and wait. */
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { budgetText } from "../../task/group-line.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";

export const command = defineCommand<object>({
  name: "group list",
  summary: "List groups, with their limits and tasks",
  details:
    "Groups that were set, and those with tasks that have not ended. Without a terminal: name, limit, paused, running, waiting, pending, with tabs between.",
  examples: [{ command: "claude-worker group list", does: "what is full, and what is paused" }],
  async run({ options, io }) {
    const {
      found: { groups },
    } = await reading(io, async (client) => await client.listGroups());
    const cells = groups.map(({ name, limit, paused, running, waiting, pending }) => [
      name,
      limit === null ? (io.stdout.isTTY ? "none" : "") : String(limit),
      paused ? "yes" : "no",
      String(running),
      String(waiting),
      String(pending),
    ]);
    if (options.json === true) writeJson(io.stdout, { groups });
    else if (!io.stdout.isTTY) io.stdout.write(cells.map((row) => `${row.join("\t")}\n`).join(""));
    else if (cells.length === 0)
      io.stdout.write("There is no group with tasks or a limit. Set one: claude-worker group set NAME --limit N\n");
    else {
      const hasBudgets = groups.some(({ budgets }) => budgets.length > 0);
      const money = groups.map(({ budgets }) => (hasBudgets ? [budgets.map(budgetText).join(", ")] : []));
      const rows = cells.map((row, index) => [...row, ...(money[index] ?? [])].map((text) => ({ text })));
      const header = ["NAME", "LIMIT", "PAUSED", "RUNNING", "WAITING", "PENDING", ...(hasBudgets ? ["BUDGET"] : [])];
      io.stdout.write(table(rows, { header, paintHeader: painter(io.stdout).dim, width: io.stdout.columns }));
    }
    return exitCodes.ok;
  },
});
