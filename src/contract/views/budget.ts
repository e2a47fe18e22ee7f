/** What doors show of budgets. */
import { z } from "zod";
import { calendarPeriods } from "../../domain/order/calendar.ts";
import { time } from "./time.ts";

export const budgetView = z.object({
  name: z.string().describe("Scope and period, as in `waiting_for.blocker`: `group:nightly:day`."),
  scope: z.string().describe("What it is of: `all`, `group:NAME`, `label:KEY=VALUE`."),
  period: z.enum(calendarPeriods).describe("A week begins on Monday. The time zone is the setting `time_zone`."),
  limit_usd: z.number(),
  hard: z.boolean().describe("Whether it also interrupts what runs."),
  spent_usd: z.number().describe("What was spent in this period, also by tasks that run now."),
  left_usd: z.number(),
  state: z.enum(["open", "near", "spent"]).describe("`near`: four fifths are spent. `spent`: nothing of it starts until `ends_at`."),
  starts_at: time,
  ends_at: time.describe("When the next period begins, and the budget opens."),
});
export type BudgetView = z.infer<typeof budgetView>;

export const budgetList = z.object({
  budgets: z.array(budgetView),
  time_zone: z.string().describe("The time zone of the days, weeks and months."),
});
