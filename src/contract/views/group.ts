/** What doors show of groups. */
import { z } from "zod";
import { shownOptions } from "../task-options.ts";
import { budgetView } from "./budget.ts";
import { timeOrNull } from "./time.ts";

const { group: _group, attachments: _attachments, ...shown } = shownOptions;

export const groupView = z.object({
  name: z.string(),
  limit: z.int().nullable().describe("Most running tasks; null: no limit of its own."),
  paused: z.boolean().describe("Whether none of its tasks starts."),
  paused_at: timeOrNull,
  defaults: z
    .object(shown)
    .partial()
    .describe("What its tasks have for options that they do not name. Settings and MCP servers: their names only."),
  budgets: z.array(budgetView).describe("Its budgets, by period."),
  is_set: z.boolean().describe("Whether a person has set it. Other groups are listed while they have tasks that have not ended."),
  running: z.int(),
  waiting: z.int().describe("Tasks that wait for an answer. They count for no limit."),
  pending: z.int(),
});
export type GroupView = z.infer<typeof groupView>;

export const groupList = z.object({ groups: z.array(groupView) });
