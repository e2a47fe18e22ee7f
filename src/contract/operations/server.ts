/** The server itself: liveness, readiness, numbers, settings, state, stop. */
import { z } from "zod";
import { configView, healthView, probeView, readyView, serverView, usageView } from "../views.ts";
import { operation } from "./operation.ts";

const tag = "Server";

const day = z.iso.date("must be a day like 2026-11-22");

export const usageQuery = z.strictObject({
  by: z.enum(["day", "model", "group"]).default("day").describe("What is summed up."),
  since: day.optional().describe("First day, UTC, included."),
  until: day.optional().describe("Last day, UTC, included."),
});
export type UsageQuery = z.output<typeof usageQuery>;

export const stopInput = z.strictObject({
  mode: z
    .enum(["leave", "drain", "now"])
    .default("leave")
    .describe("`leave` running attempts alone; `drain`: wait for them; `now`: stop them, resumable."),
  deadline_ms: z.int().min(0).max(86_400_000).optional().describe("With `drain`: how long to wait."),
});

export const serverOperations = {
  health: operation("health", {
    access: "open",
    tag,
    summary: "Whether the server lives",
    answer: "It does.",
    output: healthView,
  }),
  ready: operation("ready", {
    access: "read",
    tag,
    summary: "Whether the server takes tasks",
    description:
      "Not while it stops or its storage is unusable. A full queue and holds are no fault of the server: it takes tasks, they wait.",
    answer: "It does.",
    output: readyView,
    otherAnswers: { 503: { description: "It does not now; `problems` says why.", schema: readyView } },
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
    summary: "Tokens and money by day, model or group",
    description: "From what the sessions reported after each model call, of running and of killed attempts, too.",
    query: usageQuery,
    answer: "The sums, and their total.",
    output: usageView,
  }),
  config: operation("config", {
    access: "admin",
    tag,
    summary: "The server's settings",
    description: "With the origin of each. What may be a secret is redacted.",
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
      "One turn of Claude Code without tools, with the server's environment: a few tokens. Answers within a minute. Requests that come while it runs get its answer.",
    answer: "What came of it.",
    output: probeView,
  }),
  stopServer: operation("stopServer", {
    access: "admin",
    tag,
    summary: "Stop the server",
    description: "An orderly stop begins; no task is lost by it. The answer is sent before the server goes.",
    body: stopInput,
    bodyOptional: true,
    status: 202,
    answer: "The stop has begun.",
    output: serverView,
  }),
};
