/** `budget rm`: removes a budget. */
import { scopeWords } from "../../../domain/order/budget.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { budgetFlags, periodFrom, scopeFrom } from "../../task/budget-flags.ts";
import type { BudgetFlags } from "../../task/budget-flags.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<BudgetFlags>({
  name: "budget rm",
  summary: "Remove a budget",
  details: "What waits for it starts at once.",
  options: budgetFlags,
  fields: { scope: "--all, --group or --label", period: "--per" },
  examples: [{ command: "claude-worker budget rm --all --per day", does: "no limit a day any more" }],
  async run({ options, io }) {
    const target = { scope: scopeFrom(options), period: periodFrom(options) };
    await clientOf(io).removeBudget(target);
    if (options.json === true) writeJson(io.stdout, { removed: `${target.scope}:${target.period}` });
    else say(io.stdout, plainLine(`There is no budget of ${scopeWords(target.scope)} for a ${target.period} any more.`, 1000));
    return exitCodes.ok;
  },
});
