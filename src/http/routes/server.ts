/** Routes about the server itself: liveness, readiness, numbers, settings, state, stop. */
import type { WorkerApi } from "../../contract/api.ts";
import { stopInput, usageQuery } from "../../contract/queries.ts";
import { configView, healthView, probeView, readyView, serverView, usageView } from "../../contract/views.ts";
import type { HealthView } from "../../contract/views.ts";
import type { EventStreams } from "../event-streams.ts";
import { metricsText, metricsType } from "../metrics.ts";
import type { OpenConnections } from "../open-connections.ts";
import type { RequestCounts } from "../request-counts.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const tag = "Server";

/** What only the door knows of itself. */
export interface DoorState {
  readonly requests: RequestCounts;
  readonly streams: EventStreams;
  readonly connections: OpenConnections;
}

export function serverRoutes(api: WorkerApi, { requests, streams }: DoorState): Route[] {
  return [
    route({
      method: "GET",
      path: "/health",
      access: "open",
      name: "health",
      tag,
      summary: "Whether the server lives",
      answers: { 200: { description: "It does.", schema: healthView } },
      handle: () => ({ status: 200, json: healthOf(api) }),
    }),
    route({
      method: "GET",
      path: "/health/ready",
      access: "read",
      name: "ready",
      tag,
      summary: "Whether the server takes tasks",
      description:
        "Not while it stops or its storage is unusable. A full queue and holds are no fault of the server: it takes tasks, they wait.",
      answers: {
        200: { description: "It does.", schema: readyView },
        503: { description: "It does not now; `problems` says why.", schema: readyView },
      },
      handle() {
        const { status, problems } = api.server();
        const ready = status === "healthy";
        return { status: ready ? 200 : 503, json: { ready, status, problems }, headers: ready ? {} : { "retry-after": "2" } };
      },
    }),
    route({
      method: "GET",
      path: "/metrics",
      access: "read",
      name: "metrics",
      tag,
      summary: "Numbers for Prometheus",
      answers: { 200: { description: "The text format 0.0.4.", schema: null, mediaTypes: ["text/plain"] } },
      handle() {
        const text = metricsText({
          server: api.server(),
          statistics: api.statistics(),
          requests: requests.all(),
          openStreams: streams.size,
        });
        return { status: 200, text, headers: { "content-type": metricsType } };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/usage",
      access: "read",
      name: "usage",
      tag,
      summary: "Tokens and money by day, model or group",
      description: "From what the sessions reported after each model call, of running and of killed attempts, too.",
      query: usageQuery,
      answers: { 200: { description: "The sums, and their total.", schema: usageView } },
      handle: ({ query }) => ({ status: 200, json: api.usage(query) }),
    }),
    route({
      method: "GET",
      path: "/api/v1/config",
      access: "admin",
      name: "config",
      tag,
      summary: "The server's settings",
      description: "With the origin of each. What may be a secret is redacted.",
      answers: { 200: { description: "All settings.", schema: configView } },
      handle: () => ({ status: 200, json: api.config() }),
    }),
    route({
      method: "GET",
      path: "/api/v1/server",
      access: "read",
      name: "server",
      tag,
      summary: "The server's state",
      answers: { 200: { description: "State, counts by status, holds, problems.", schema: serverView } },
      handle: () => ({ status: 200, json: api.server() }),
    }),
    route({
      method: "POST",
      path: "/api/v1/server/probe",
      access: "admin",
      name: "probeServer",
      tag,
      summary: "Try the server's credentials",
      description: "One turn of Claude Code without tools, with the server's environment: a few tokens. Answers within a minute.",
      answers: { 200: { description: "What came of it.", schema: probeView } },
      handle: async () => ({ status: 200, json: await api.probe() }),
    }),
    route({
      method: "POST",
      path: "/api/v1/server/stop",
      access: "admin",
      name: "stopServer",
      tag,
      summary: "Stop the server",
      description: "An orderly stop begins; no task is lost by it. The answer is sent before the server goes.",
      body: stopInput,
      bodyOptional: true,
      answers: { 202: { description: "The stop has begun.", schema: serverView } },
      async handle({ body, caller }): Promise<Answer> {
        await api.stopServer(body, caller);
        return { status: 202, json: api.server(), headers: { connection: "close" } };
      },
    }),
  ];
}

function healthOf(api: WorkerApi): HealthView {
  const { status, service, version } = api.server();
  return { status, service, version, uptime_s: Math.round(process.uptime() * 10) / 10 };
}
