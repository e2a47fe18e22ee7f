/** `get_usage`: what the tasks cost, and how busy the server is. */
import { z } from "zod";
import { usageQuery } from "../../contract/operations/server.ts";
import { serverView } from "../../contract/views/server.ts";
import { usageView } from "../../contract/views/usage.ts";
import { data, defineTool } from "../tool.ts";

const newestRows = 100;

export const getUsage = defineTool({
  name: "get_usage",
  title: "Usage and capacity",
  description:
    "Tokens and money by day, model, group or profile; how many tasks run and wait; how far the account's limits and the user's budgets are used; and what holds the queue, e.g. a usage limit.",
  input: usageQuery,
  output: z.object({
    ...usageView.shape,
    workers: serverView.shape.workers.pick({ limit: true, running: true }),
    counts: serverView.shape.counts,
    holds: serverView.shape.holds,
    budgets: serverView.shape.budgets,
    next_step: z.string(),
  }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run(query, { api, caller }) {
    const { workers, counts, holds, budgets } = await api.server({}, caller);
    const { by, usage, total, account, profiles } = await api.usage(query, caller);
    return data({
      by,
      usage: usage.slice(-newestRows),
      total,
      account,
      profiles,
      workers: { limit: workers.limit, running: workers.running },
      counts,
      holds,
      budgets,
      next_step:
        holds.length > 0
          ? "The queue is held: new tasks are accepted and start when the hold is over. Tell the user if it matters."
          : "list_tasks shows the tasks.",
    });
  },
});
