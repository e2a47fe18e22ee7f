/** What doors show of the server itself. */
import { z } from "zod";
import { taskStatuses } from "../../domain/task/task.ts";
import { accountView } from "./account.ts";
import { budgetView } from "./budget.ts";
import { holdView } from "./hold.ts";
import { time } from "./time.ts";

const serverStatus = z.enum(["healthy", "degraded", "stopping"]);

export const serverView = z.object({
  status: serverStatus,
  service: z.literal("claude-worker"),
  version: z.string(),
  pid: z.int(),
  url: z.string().nullable().describe("null when the server serves its unix socket only."),
  socket: z.string(),
  home: z.string(),
  database: z.string(),
  log_file: z.string(),
  started_at: time,
  epoch: z.int(),
  workers: z.object({ limit: z.int(), running: z.int(), parked: z.int(), warm: z.int() }),
  counts: z.record(z.enum(taskStatuses), z.int()),
  holds: z.array(holdView),
  budgets: z.array(budgetView),
  account: accountView,
  problems: z.array(z.string()).describe("Sentences about what is degraded now, e.g. a full disk."),
});
export type ServerView = z.infer<typeof serverView>;

export const healthView = z.object({
  status: serverStatus,
  service: z.literal("claude-worker"),
  version: z.string(),
  uptime_s: z.number(),
});
export type HealthView = z.infer<typeof healthView>;

export const readyView = z.object({
  ready: z.boolean(),
  status: serverStatus,
  problems: z.array(z.string()),
});

export const probeView = z.object({
  works: z.boolean().describe("Whether the model's API accepted the server's credentials."),
  outcome: z.string().describe("`succeeded`, or why not: `auth_failed`, `rate_limited` …"),
  message: z.string(),
});
