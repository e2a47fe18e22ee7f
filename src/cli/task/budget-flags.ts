/** The flags that name a budget: what it is of, and its period. */
import { WorkerError } from "../../domain/errors.ts";
import { everything, groupScope, labelScope } from "../../domain/order/budget.ts";
import type { BudgetScope } from "../../domain/order/budget.ts";
import { calendarPeriods } from "../../domain/order/calendar.ts";
import type { CalendarPeriod } from "../../domain/order/calendar.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { label } from "../commandline/option-values.ts";

export interface BudgetFlags {
  readonly all?: boolean;
  readonly group?: string;
  readonly label?: readonly (readonly [string, string])[];
  readonly per?: CalendarPeriod;
}

export const budgetFlags: readonly OptionSpec[] = [
  { flags: "--all", description: "of all tasks together" },
  { flags: "-g, --group <name>", description: "of the tasks of a group" },
  { flags: "--label <key=value>", description: "of the tasks with a label", parse: label },
  { flags: "--per <period>", description: "the time that the amount is for", choices: calendarPeriods },
];

/** @throws WorkerError invalid_input: none of the flags was given, or several. */
export function scopeFrom({ all, group, label: labels = [] }: BudgetFlags): BudgetScope {
  const scopes = [
    ...(all === true ? [everything] : []),
    ...(group === undefined ? [] : [groupScope(group)]),
    ...labels.map(([key, value]) => labelScope(key, value)),
  ];
  const [scope, second] = scopes;
  if (scope === undefined || second !== undefined)
    throw new WorkerError("invalid_input", "Say what the budget is of: one of --all, --group NAME, --label KEY=VALUE.");
  return scope;
}

/** @throws WorkerError invalid_input. */
export function periodFrom({ per }: BudgetFlags): CalendarPeriod {
  if (per !== undefined) return per;
  throw new WorkerError("invalid_input", "Say the period of the budget: --per day, --per week or --per month.");
}
