/** `group set`: how many tasks of a group run at once, and what they may spend. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { calendarPeriods } from "../../../domain/order/calendar.ts";
import { money, wholeNumber } from "../../commandline/option-values.ts";
import { say } from "../../terminal/render/wrap.ts";
import { defaultFlags, defaultsFrom } from "../../task/default-options.ts";
import type { DefaultFlags } from "../../task/default-options.ts";
import { groupLine } from "../../task/group-line.ts";

interface SetOptions extends DefaultFlags {
  /** Null: none. */
  readonly limit?: number | null;
  readonly budgetUsdPerDay?: number | null;
  readonly budgetUsdPerWeek?: number | null;
  readonly budgetUsdPerMonth?: number | null;
  readonly hard?: boolean;
  readonly soft?: boolean;
}

export const command = defineCommand<SetOptions>({
  name: "group set",
  summary: "Set the limit, the budgets and the defaults of a group",
  details:
    "Options of run are defaults for tasks of the group that do not name them, from their submit on. A group that was not set has no limit of its own. What runs already continues. The limit of all groups together is the setting workers. When a budget is spent, none of its tasks starts until the next period (claude-worker budget set has more).",
  arguments: [{ name: "<name>", description: "the group" }],
  options: [
    ...defaultFlags,
    { flags: "--limit <n>", description: "most running tasks of the group, or none", parse: limit },
    ...calendarPeriods.map((period) => ({
      flags: `--budget-usd-per-${period} <usd>`,
      description: `what the group may spend in a ${period}, or none`,
      parse: amount(`--budget-usd-per-${period}`),
    })),
    { flags: "--hard", description: "its budgets interrupt what runs, too, between two steps; it continues when the budget opens" },
    { flags: "--soft", description: "its budgets let what runs continue to its end (the default)" },
  ],
  examples: [
    { command: "claude-worker group set repo-a --limit 2", does: "two at once at most" },
    { command: "claude-worker group set repo-a --limit none", does: "no limit again" },
    { command: "claude-worker group set repo-a --budget-usd-per-day 20", does: "20 dollars a day at most" },
    { command: "claude-worker group set repo-a --budget-usd-per-day 20 --hard", does: "and interrupt what runs then" },
    { command: "claude-worker group set repo-a --model opus --worktree --verify @test", does: "for tasks that do not say it" },
    { command: "claude-worker group set repo-a --unset model", does: "as if the group had never said it" },
  ],
  async run({ words: [name = ""], options, io }) {
    if (options.hard === true && options.soft === true) throw new WorkerError("invalid_input", "Give either --hard or --soft.");
    const defaults = await defaultsFrom(options, io);
    const change = {
      ...(defaults === undefined ? {} : { defaults }),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      ...(options.budgetUsdPerDay === undefined ? {} : { budget_usd_per_day: options.budgetUsdPerDay }),
      ...(options.budgetUsdPerWeek === undefined ? {} : { budget_usd_per_week: options.budgetUsdPerWeek }),
      ...(options.budgetUsdPerMonth === undefined ? {} : { budget_usd_per_month: options.budgetUsdPerMonth }),
      ...(options.hard === true ? { budgets_hard: true } : options.soft === true ? { budgets_hard: false } : {}),
    };
    if (Object.keys(change).length === 0)
      throw new WorkerError(
        "invalid_input",
        "Say what to set: --limit N, or --limit none, --budget-usd-per-day AMOUNT, or options of run like --model NAME.",
      );
    const group = await clientOf(io).setGroup({ name, ...change });
    if (options.json === true) writeJson(io.stdout, group);
    else say(io.stdout, groupLine(group));
    return exitCodes.ok;
  },
});

function amount(flag: string): (text: string) => number | null {
  return (text) => (text === "none" ? null : money(flag)(text));
}

function limit(text: string): number | null {
  return text === "none" ? null : wholeNumber("--limit", { min: 0, max: 1000, or: "none" })(text);
}
