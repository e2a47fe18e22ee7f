/**
 * Routes about the server itself that only this door can answer: liveness, readiness, numbers, and
 * the stop.
 */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { HealthView, ServerView } from "../../contract/views/server.ts";
import type { EventStreams } from "../stream/event-streams.ts";
import { metricsText, metricsType } from "../metrics.ts";
import type { OpenConnections } from "../listener/open-connections.ts";
import type { RequestCounts } from "../request/request-counts.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

/** What only the door knows of itself. */
export interface DoorState {
  readonly requests: RequestCounts;
  readonly streams: EventStreams;
  readonly connections: OpenConnections;
}

export function serverRoutes(api: WorkerApi, { requests, streams }: DoorState): Route[] {
  return [
    route(operations.health, async () => ({ status: 200, json: healthOf(await api.server()) })),
    route(operations.ready, async () => {
      const { status, problems } = await api.server();
      const ready = status === "healthy";
      return { status: ready ? 200 : 503, json: { ready, status, problems }, headers: ready ? {} : { "retry-after": "2" } };
    }),
    route(operations.metrics, async () => {
      const [server, statistics] = await Promise.all([api.server(), api.statistics()]);
      const text = metricsText({ server, statistics, requests: requests.all(), openStreams: streams.size });
      return { status: 200, text, headers: { "content-type": metricsType } };
    }),
    route(operations.stopServer, async ({ body, caller }): Promise<Answer> => {
      return { status: 202, json: await api.stopServer(body, caller), headers: { connection: "close" } };
    }),
  ];
}

function healthOf({ status, service, version }: ServerView): HealthView {
  return { status, service, version, uptime_s: Math.round(process.uptime() * 10) / 10 };
}
