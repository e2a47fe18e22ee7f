/** `budget set`: how much may be spent in a day, week or month. */
import { WorkerError } from "../../../domain/errors.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { money } from "../../commandline/option-values.ts";
import { clientOf } from "../../server/connection.ts";
import { budgetFlags, periodFrom, scopeFrom } from "../../task/budget-flags.ts";
import type { BudgetFlags } from "../../task/budget-flags.ts";
import { writeJson } from "../../terminal/io.ts";
import { budgetLine } from "../../terminal/render/budget-line.ts";
import { say } from "../../terminal/render/wrap.ts";

interface SetOptions extends BudgetFlags {
  readonly hard?: boolean;
  readonly soft?: boolean;
}

export const command = defineCommand<SetOptions>({
  name: "budget set",
  summary: "Limit what tasks may spend in a day, week or month",
  details:
    "When it is spent, nothing of it starts until the next period. What was spent in this period counts, also from before, and by tasks that run now. Days begin at midnight of the setting time_zone, weeks on Monday.",
  arguments: [{ name: "<usd>", description: "US dollars", completes: [] }],
  options: [
    ...budgetFlags,
    { flags: "--hard", description: "interrupt what runs, too, between two steps; it continues when the budget opens" },
    { flags: "--soft", description: "let what runs continue to its end (the default)" },
  ],
  fields: { limit_usd: "<usd>", scope: "--all, --group or --label", period: "--per" },
  examples: [
    { command: "claude-worker budget set --all --per day 20", does: "20 dollars a day for everything" },
    { command: "claude-worker budget set --label team=a --per month 50 --hard", does: "50 dollars a month for the tasks with a label" },
  ],
  async run({ words: [amount = ""], options, io }) {
    if (options.hard === true && options.soft === true) throw new WorkerError("invalid_input", "Give either --hard or --soft.");
    const hard = options.hard === true ? true : options.soft === true ? false : undefined;
    const target = { scope: scopeFrom(options), period: periodFrom(options) };
    const budget = await clientOf(io).setBudget({
      ...target,
      limit_usd: money("The amount")(amount),
      ...(hard === undefined ? {} : { hard }),
    });
    if (options.json === true) writeJson(io.stdout, budget);
    else say(io.stdout, plainLine(budgetLine(budget), 1000));
    return exitCodes.ok;
  },
});
