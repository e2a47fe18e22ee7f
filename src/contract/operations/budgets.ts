/** Budgets: how much may be spent in a day, week or month. */
import { z } from "zod";
import { calendarPeriods } from "../../domain/order/calendar.ts";
import { isBudgetScope } from "../../domain/order/budget.ts";
import { budgetList, budgetView } from "../views/budget.ts";
import { operation } from "./operation.ts";

const tag = "Budgets";

/** US dollars of a budget. */
export const budgetAmount = z.number().positive().max(1_000_000);

const budgetParams = z.strictObject({
  scope: z
    .string()
    .max(300)
    .refine(isBudgetScope, "must be all, group:NAME or label:KEY=VALUE")
    .describe("What it is of: `all`, `group:NAME`, `label:KEY=VALUE`."),
  period: z.enum(calendarPeriods).describe("A week begins on Monday. The time zone is the setting `time_zone`."),
});

const budgetInput = z.strictObject({
  limit_usd: budgetAmount.describe("US dollars."),
  hard: z
    .boolean()
    .optional()
    .describe("Whether it also interrupts what runs, between two steps; it continues when the budget opens. Absent: as it was, or false."),
});
export type BudgetInput = z.output<typeof budgetInput>;

export const budgetOperations = {
  listBudgets: operation("listBudgets", {
    access: "read",
    tag,
    summary: "List budgets",
    answer: "Every budget with what was spent of it in the present period, by scope and period.",
    output: budgetList,
  }),
  setBudget: operation("setBudget", {
    access: "admin",
    tag,
    summary: "Set a budget, or change it",
    description: "What was spent in the present period counts, also from before. A larger one opens at once.",
    params: budgetParams,
    body: budgetInput,
    answer: "The budget.",
    output: budgetView,
    problems: ["conflict"],
  }),
  removeBudget: operation("removeBudget", {
    access: "admin",
    tag,
    summary: "Remove a budget",
    params: budgetParams,
    status: 204,
    answer: "Removed.",
    output: null,
  }),
};
