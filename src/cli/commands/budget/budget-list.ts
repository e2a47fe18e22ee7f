/** `budget list`: budgets, and what was spent of them. */
import { dollars, scopeWords } from "../../../domain/order/budget.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { localTime } from "../../terminal/render/time.ts";

export const command = defineCommand<object>({
  name: "budget list",
  summary: "List budgets, and what was spent of them",
  details:
    "Without a terminal: scope, period, limit and what was spent in US dollars, hard or soft, the state (open, near, spent), the end of the period, with tabs between.",
  examples: [{ command: "claude-worker budget list", does: "what is left, and when it opens again" }],
  async run({ options, io }) {
    const {
      found: { budgets, time_zone },
    } = await reading(io, async (client) => await client.listBudgets());
    const { stdout } = io;
    if (options.json === true) writeJson(stdout, { budgets, time_zone });
    else if (!stdout.isTTY)
      for (const { scope, period, limit_usd: limit, spent_usd: spent, hard, state, ends_at: end } of budgets)
        stdout.write(`${[plainLine(scope, 300), period, limit, spent, hard ? "hard" : "soft", state, end].join("\t")}\n`);
    else if (budgets.length === 0) stdout.write("There is no budget. Set one: claude-worker budget set --all --per day 20\n");
    else {
      const rows = budgets.map(({ scope, period, limit_usd: limit, spent_usd: spent, hard, state, ends_at: end }) =>
        [plainLine(scopeWords(scope), 300), period, dollars(spent), dollars(limit), hard ? "hard" : "soft", state, localTime(end)].map(
          (text) => ({ text }),
        ),
      );
      const header = ["OF", "PER", "SPENT", "LIMIT", "KIND", "STATE", "UNTIL"];
      stdout.write(table(rows, { header, paintHeader: painter(stdout).dim, width: stdout.columns }));
    }
    return exitCodes.ok;
  },
});
