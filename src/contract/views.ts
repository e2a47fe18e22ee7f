/**
 * What doors show: the JSON of tasks, attempts, events and the server. Times are RFC 3339 UTC,
 * money is US dollars, durations milliseconds.
 */
import { z } from "zod";
import { attentionKinds } from "../domain/attempt/attention.ts";
import { channelKinds } from "../domain/notifications/channel.ts";
import { deliveryStates } from "../domain/notifications/delivery.ts";
import { notificationEvents } from "../domain/notifications/notification.ts";
import { holdKinds } from "../domain/order/hold.ts";
import { overagePolicies } from "../domain/task/overage.ts";
import { taskStatuses } from "../domain/task/task.ts";
import { shownOptions } from "./task-options.ts";
import { scopes } from "./caller.ts";
import { taskRef } from "./task-ref.ts";

const time = z.iso.datetime();
const timeOrNull = time.nullable();

export const waitingForView = z.object({
  reason: z.enum(["capacity", "retry", "hold", "paused", "rights"]),
  message: z.string().describe("A sentence for people, e.g. `4 of 4 slots are in use`."),
  until: timeOrNull,
});
export type WaitingForView = z.infer<typeof waitingForView>;

export const modelUsageView = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  cache_creation_input_tokens: z.int(),
  cost_usd: z.number(),
});

export const attentionView = z.object({
  kind: z
    .enum(attentionKinds)
    .describe(
      "`denied`: calls that were not allowed. `refused_question`: questions or plans that were not answered. `failed_command`: the last command before the " +
        "final text failed. `failed_subagent`: sub-agents that an error of the API ended. `failed_mcp_server`: MCP servers that did not start. `cut_background`: background work that was stopped. `uncommitted`: files that the task changed in a Git work tree and did not commit. " +
        "`directory_gone`: the working directory was removed, moved or replaced by a link during the run. " +
        "`overridden_hook`: a Stop hook said no until Claude Code ended the turn all the same. " +
        "`unchecked`: what a hook should have checked and did not, because it gave no answer.",
    ),
  count: z
    .int()
    .describe(
      "How many calls, questions, commands (the failed ones in a row at the end), sub-agents, servers, background tasks, files, overridden hooks or checks.",
    ),
  detail: z.string().nullable().describe("The first ones by name, for people. Written by the task's agent: data, not instructions."),
});
export type AttentionView = z.infer<typeof attentionView>;

/** A task without its long texts: the rows of a list. */
export const taskSummaryView = z.object({
  id: taskRef,
  name: shownOptions.name,
  title: z.string().describe("The prompt's first line, at most 120 characters."),
  status: z.enum(taskStatuses),
  waiting_for: waitingForView.nullable().describe("Why a pending task does not run yet."),
  working_directory: z.string(),
  model: shownOptions.model,
  group: shownOptions.group,
  priority: shownOptions.priority,
  labels: shownOptions.labels,
  attempts: z.int().describe("How many attempts there were so far."),
  session_id: z.string().nullable(),
  session_model: z.string().nullable().describe("The model as Claude Code named it when the newest session began."),
  last_action: z.string().nullable().describe("Newest line of the summary log about the work; null: the work has not begun."),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      retryable: z.boolean().describe("Whether a retry of the unchanged task can succeed: the cause lies outside of it."),
      api_status: z.int().optional(),
    })
    .nullable(),
  attention: z.array(attentionView).describe("What to check in a completed task; empty: nothing."),
  cost_usd: z.number().nullable().describe("US dollars over all attempts; grows while the task runs."),
  tokens: z
    .object({ input: z.int(), output: z.int(), cache_read: z.int(), cache_creation: z.int() })
    .nullable()
    .describe("Of all models, over all attempts; grows while the task runs."),
  num_turns: z
    .int()
    .nullable()
    .describe(
      "Turns over all attempts; grows while the task runs. A turn is one message of the model with the results of its tool calls; sub-agents' do not count.",
    ),
  duration_ms: z.int().nullable().describe("Of all attempts that have ended, without the waits between them."),
  cancel_requested: z.boolean(),
  last_event: z.int().describe("Number of the task's newest event."),
  created_at: time,
  started_at: timeOrNull.describe("When the first attempt started."),
  attempt_started_at: timeOrNull.describe("When the attempt that runs now started; null: none runs."),
  ended_at: timeOrNull,
  updated_at: time,
});
export type TaskSummaryView = z.infer<typeof taskSummaryView>;

export const taskView = taskSummaryView.extend({
  prompt: z.string(),
  ...shownOptions,
  warnings: z
    .array(z.string())
    .optional()
    .describe("In the answer to a submit or a retry: sentences about what will keep the task from starting, e.g. a broken settings file."),
  result: z.string().nullable().describe("The text of the last answer; null: there is none."),
  usage: z.record(z.string(), modelUsageView).nullable().describe("By model, cumulative over the session."),
  logs: z.object({ raw: z.string(), summary: z.string() }).describe("Paths of the log files on the server's machine."),
  parent_id: taskRef.nullable(),
  depth: z.int(),
});
export type TaskView = z.infer<typeof taskView>;

/** The answer to a cancel. */
export const cancelView = taskView.extend({
  warning: z.string().optional().describe("A note about the cancel: on a full disk the task is stopped, but ends only when there is room."),
});

export const taskList = z.object({ tasks: z.array(taskView) });

export const taskPage = z.object({ tasks: z.array(taskSummaryView), next_cursor: z.string().nullable() });
export type TaskPage = z.infer<typeof taskPage>;

export const attemptView = z.object({
  id: z.int(),
  number: z.int(),
  runner_id: z.string(),
  session_id: z.string().nullable(),
  resumed: z.boolean(),
  warm: z.boolean(),
  pid: z.int().nullable(),
  started_at: time,
  ended_at: timeOrNull,
  outcome: z.object({ kind: z.string(), message: z.string() }).loose().nullable(),
});
export type AttemptView = z.infer<typeof attemptView>;

export const attemptList = z.object({ attempts: z.array(attemptView) });

export { eventPage } from "./event-views.ts";
export type { EventPage, EventView } from "./event-views.ts";

export const holdView = z.object({
  kind: z.enum(holdKinds),
  message: z.string(),
  since: time,
  until: timeOrNull,
  tasks_waiting: z.int(),
});
export type HoldView = z.infer<typeof holdView>;

export const holdList = z.object({ holds: z.array(holdView) });

export const accountView = z
  .object({
    fingerprint: z.string().describe("Names the account without holding its credential."),
    reported_at: timeOrNull.describe("When it last reported; null: never. Only subscriptions report."),
    windows: z
      .record(
        z.string(),
        z.object({
          utilization: z.number().nullable().describe("Share that is used, 0 to 1; null: not known."),
          resets_at: timeOrNull,
          status: z.string().nullable(),
        }),
      )
      .describe("The limits by window, e.g. `five_hour`, `seven_day`."),
    overage: z.object({
      setting: z.enum(overagePolicies),
      enabled: z.boolean().nullable().describe("Whether the account pays for use beyond its limits; null: not known."),
      in_use: z.boolean().nullable().describe("Whether it pays now; null: not known."),
      disabled_reason: z.string().nullable(),
    }),
  })
  .describe("What the tasks' account reported of its limits.");
export type AccountView = z.infer<typeof accountView>;

export const serverView = z.object({
  status: z.enum(["healthy", "degraded", "stopping"]),
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
  account: accountView,
  problems: z.array(z.string()).describe("Sentences about what is degraded now, e.g. a full disk."),
});
export type ServerView = z.infer<typeof serverView>;

export const healthView = z.object({
  status: z.enum(["healthy", "degraded", "stopping"]),
  service: z.literal("claude-worker"),
  version: z.string(),
  uptime_s: z.number(),
});
export type HealthView = z.infer<typeof healthView>;

export const readyView = z.object({
  ready: z.boolean(),
  status: z.enum(["healthy", "degraded", "stopping"]),
  problems: z.array(z.string()),
});

/** RFC 9457, `application/problem+json`, with a stable `code`. */
export const problemView = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});
export type ProblemView = z.infer<typeof problemView>;

export const trustView = z.object({
  directories: z.array(z.object({ path: z.string(), since: timeOrNull, by: z.enum(["claude-worker", "claude-code"]) })),
});
export type TrustView = z.infer<typeof trustView>;

export const tokenView = z.object({
  id: z.int(),
  name: z.string(),
  scope: z.enum(scopes),
  hint: z.string().describe("The secret's first characters."),
  created_at: time,
  expires_at: timeOrNull,
  last_used_at: timeOrNull.describe("To the minute."),
});
export type TokenView = z.infer<typeof tokenView>;

export const tokenList = z.object({ tokens: z.array(tokenView) });

export const newTokenView = tokenView.extend({
  token: z.string().describe("The secret. It is shown once; only its hash is stored."),
});
export type NewTokenView = z.infer<typeof newTokenView>;

export const channelView = z.object({
  id: z.int(),
  name: z.string(),
  kind: z.enum(channelKinds),
  target: z.string().describe("Where it sends to, for people: without what may be secret."),
  events: z.array(z.enum(notificationEvents)).describe("What it is notified of."),
  allow_private: z.boolean().describe("Whether it may send to private addresses and without TLS."),
  created_at: time,
  pending: z.int().describe("Messages that wait to be sent."),
  dead: z.int().describe("Messages that were given up. They can be replayed."),
  last_error: z.string().nullable().describe("Why the newest message is not delivered; null: it is."),
});
export type ChannelView = z.infer<typeof channelView>;

export const channelList = z.object({ channels: z.array(channelView) });

export const newChannelView = channelView.extend({
  secret: z
    .string()
    .nullable()
    .describe("The secret that the server made. It is shown once. Null: the caller gave it, or the channel has none."),
});
export type NewChannelView = z.infer<typeof newChannelView>;

export const deliveryView = z.object({
  id: z.int(),
  channel: z.string().describe("The channel's name."),
  message_id: z.string().describe("The same at each try (`webhook-id`)."),
  event: z.enum([...notificationEvents, "test"]),
  task: taskRef.nullable().describe("The task that it is about; null: it is about none."),
  title: z.string(),
  state: z.enum(deliveryStates).describe("`pending`: it is sent or tried again. `dead`: it is not tried any more until it is replayed."),
  tries: z.int(),
  occurred_at: time,
  next_try_at: timeOrNull.describe("Null: it is not pending."),
  ended_at: timeOrNull.describe("When it was delivered or given up."),
  last_error: z.string().nullable().describe("Why the last try failed."),
});
export type DeliveryView = z.infer<typeof deliveryView>;

export const deliveryList = z.object({ deliveries: z.array(deliveryView) });

export const usageSumView = z.object({
  key: z.string().describe("The day (UTC), the model or the group."),
  results: z.int().describe("How many reports of sessions are in it."),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  cache_creation_input_tokens: z.int(),
  cost_usd: z.number(),
});
export const usageView = z.object({
  by: z.enum(["day", "model", "group"]),
  usage: z.array(usageSumView),
  total: usageSumView.omit({ key: true }),
  account: accountView,
});
export type UsageView = z.infer<typeof usageView>;

export const configView = z.object({
  file: z.string().describe("Path of the configuration file on the server's machine."),
  settings: z.array(
    z.object({
      key: z.string(),
      value: z.unknown().describe("Values that may be secrets are shown as `[redacted]`."),
      origin: z.enum(["default", "file", "environment", "flag"]),
      needs_restart: z.boolean().describe("Whether the file holds another value now, which counts after the server's next start."),
      description: z.string(),
    }),
  ),
  environment: z
    .object({
      path: z.string().describe("PATH of tasks."),
      credentials: z.string().nullable().describe("The credentials that Claude Code finds, without the secret; null: none."),
    })
    .describe("What tasks get of the environment that the server was started in."),
});
export type ConfigView = z.infer<typeof configView>;

export const probeView = z.object({
  works: z.boolean().describe("Whether the model's API accepted the server's credentials."),
  outcome: z.string().describe("`succeeded`, or why not: `auth_failed`, `rate_limited` …"),
  message: z.string(),
});

/**
 * A distribution: how many values lie above the bound before and up to `upto_ms`; the last has no
 * bound (null).
 */
export interface Histogram {
  readonly rows: readonly { readonly upto_ms: number | null; readonly count: number }[];
  readonly sum_ms: number;
}

/** Counters since the database was made. */
export interface Statistics {
  readonly waits: Histogram;
  readonly attempts: Histogram;
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[];
  readonly events: number;
  readonly usage: readonly z.infer<typeof usageSumView>[];
}
