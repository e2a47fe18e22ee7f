/** What doors show of the server itself. */
import { z } from "zod";
import { taskStatuses } from "../../domain/task/task.ts";
import { accountView } from "./account.ts";
import { budgetView } from "./budget.ts";
import { holdView } from "./hold.ts";
import { profileView } from "./profile.ts";
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
  profiles: z.array(profileView).describe("Every profile, `default` (the credentials of the server itself) first."),
  schedules: z.object({
    next: z.array(z.object({ name: z.string(), at: time })).describe("The next due time of each schedule that is on, the first one first."),
    paused: z.array(z.string()).describe("The names of those that are paused."),
    failing: z
      .array(
        z.object({
          name: z.string(),
          failures: z.int().describe("Submits in a row that were refused."),
          pause_reason: z.string().nullable().describe("Why it paused itself; null: it did not."),
          message: z.string().nullable().describe("The last refusal."),
        }),
      )
      .describe("Those that cannot be submitted."),
  }),
  resources: z
    .object({
      free_memory_mb: z.int().nullable(),
      load_per_cpu: z.number().nullable().describe("Load of the last minute for each processor."),
      free_disk_mb: z.int().nullable().describe("On the disk of the data directory."),
      min_free_memory_mb: z.int().nullable().describe("What is to stay free; null: it is not looked at."),
      max_load_per_cpu: z.number().nullable(),
      min_free_disk_mb: z.int().nullable(),
      short_of: z.string().nullable().describe("Why tasks wait for the machine, as a sentence; null: none does."),
    })
    .describe("What the machine has for tasks, as it was read within the last ten seconds. null: it could not be read."),
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
