/** The server itself: liveness, readiness, numbers, settings, state, stop. */
import { z } from "zod";
import { stopModes } from "../../domain/services/stop-mode.ts";
import { usageKeys } from "../../domain/task/usage-key.ts";
import { defaultProfile } from "../../domain/task/profile.ts";
import { optionValues } from "../task-options.ts";
import { configView } from "../views/config.ts";
import { healthView, probeView, readyView, serverView } from "../views/server.ts";
import { usageView } from "../views/usage.ts";
import { operation } from "./operation.ts";

const tag = "Server";

const day = z.iso.date("must be a day like 2026-11-22");

export const usageQuery = z.strictObject({
  by: z.enum(usageKeys).default("day").describe("What is summed up."),
  since: day.optional().describe("First day, UTC, included."),
  until: day.optional().describe("Last day, UTC, included."),
});
export type UsageQuery = z.output<typeof usageQuery>;

export const stopInput = z.strictObject({
  mode: z.enum(stopModes).default("leave").describe("`leave` running attempts alone; `drain`: wait for them; `now`: stop them, resumable."),
  deadline_ms: z.int().min(0).max(86_400_000).optional().describe("With `drain`: how long to wait."),
});

export const probeInput = z.strictObject({
  profile: optionValues.profile.default(defaultProfile).describe("Whose credentials are tried. Default: those of the server itself."),
});

export const serverOperations = {
  health: operation("health", {
    access: "open",
    tag,
    summary: "Check that the server answers",
    answer: "The server answers.",
    output: healthView,
  }),
  ready: operation("ready", {
    access: "read",
    tag,
    summary: "Check whether the server takes tasks",
    description:
      "The server takes no tasks while it stops or its storage is unusable. With a full queue or a hold it still takes tasks; the tasks wait.",
    answer: "The server takes tasks.",
    output: readyView,
    otherAnswers: { 503: { description: "The server takes no tasks now; `problems` says why.", schema: readyView } },
  }),
  metrics: operation("metrics", {
    access: "read",
    tag,
    summary: "Numbers for Prometheus",
    answer: "The text format 0.0.4.",
    output: null,
    mediaTypes: ["text/plain"],
  }),
  usage: operation("usage", {
    access: "read",
    tag,
    summary: "Tokens and money by day, model, group or profile",
    description: "Sums what the sessions reported after each model call, also those of running and killed attempts.",
    query: usageQuery,
    answer: "The sums, and their total.",
    output: usageView,
  }),
  config: operation("config", {
    access: "admin",
    tag,
    summary: "The server's settings",
    description: "Each setting has its origin. Values that may be secrets are redacted.",
    answer: "All settings.",
    output: configView,
  }),
  server: operation("server", {
    access: "read",
    tag,
    summary: "The server's state",
    answer: "State, counts by status, holds, problems.",
    output: serverView,
  }),
  probeServer: operation("probeServer", {
    access: "admin",
    tag,
    summary: "Try the server's credentials",
    description:
      "One turn of Claude Code without tools, with the server's environment or that of a profile: a few tokens. Answers within a minute. Requests for the same profile that come while it runs get its answer.",
    body: probeInput,
    bodyOptional: true,
    answer: "The outcome.",
    output: probeView,
  }),
  stopServer: operation("stopServer", {
    access: "admin",
    tag,
    summary: "Stop the server",
    description: "Begins an orderly stop. No task is lost. The answer is sent before the server ends.",
    body: stopInput,
    bodyOptional: true,
    status: 202,
    answer: "The stop has begun.",
    output: serverView,
  }),
};
