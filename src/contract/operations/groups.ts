/** Groups: how many of their tasks run at once, and whether they start at all. */
import { z } from "zod";
import { defaultOptions, optionValues } from "../task-options.ts";
import { groupList, groupView } from "../views/group.ts";
import { budgetAmount } from "./budgets.ts";
import { operation } from "./operation.ts";

const tag = "Groups";

/** A group cannot choose the group, and images belong to one task. */
const { group: _group, attachments: _attachments, ...groupOptions } = defaultOptions;

const perPeriod = (period: string) => budgetAmount.nullable().optional().describe(`Its budget for a ${period}, US dollars; null: none.`);

const groupParams = z.strictObject({ name: optionValues.group.describe("The group's name.") });

export const groupChange = z
  .strictObject({
    limit: z.int().min(0).max(1000).nullable().optional().describe("Most running tasks; null: no limit. What runs already continues."),
    budget_usd_per_day: perPeriod("day"),
    budget_usd_per_week: perPeriod("week"),
    budget_usd_per_month: perPeriod("month"),
    budgets_hard: z
      .boolean()
      .optional()
      .describe(
        "Whether its budgets also interrupt what runs, between two steps; it continues when the budget opens. Absent: as it was, or false.",
      ),
    defaults: z
      .strictObject(groupOptions)
      .optional()
      .describe("Options for its tasks that do not name them. Those that are named here change; null takes one back."),
    paused: z.boolean().optional().describe("Whether none of its tasks starts. What runs already continues."),
  })
  .refine((change) => Object.keys(change).length > 0, "names nothing to change: give limit, paused, a budget or defaults");
export type GroupChange = z.output<typeof groupChange>;

export const groupOperations = {
  listGroups: operation("listGroups", {
    access: "read",
    tag,
    summary: "List groups",
    answer: "Groups that were set, and groups with tasks that have not ended, by name.",
    output: groupList,
  }),
  getGroup: operation("getGroup", {
    access: "read",
    tag,
    summary: "Show a group",
    params: groupParams,
    answer: "The group. One that was not set is there while it has tasks that have not ended.",
    output: groupView,
  }),
  setGroup: operation("setGroup", {
    access: "admin",
    tag,
    summary: "Set a group, or change it",
    description: "A group that is not set has no limit of its own. Absent fields stay as they were.",
    params: groupParams,
    body: groupChange,
    answer: "The group.",
    output: groupView,
  }),
  removeGroup: operation("removeGroup", {
    access: "admin",
    tag,
    summary: "Forget a group's limit, pause and budgets",
    description: "Its tasks stay, and start without a limit or a budget of the group.",
    params: groupParams,
    status: 204,
    answer: "Forgotten.",
    output: null,
  }),
};
