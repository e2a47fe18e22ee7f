/** Routes about the server itself: liveness, readiness, numbers, settings, state, stop. */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { HealthView } from "../../contract/views.ts";
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
    route(operations.health, () => ({ status: 200, json: healthOf(api) })),
    route(operations.ready, () => {
      const { status, problems } = api.server();
      const ready = status === "healthy";
      return { status: ready ? 200 : 503, json: { ready, status, problems }, headers: ready ? {} : { "retry-after": "2" } };
    }),
    route(operations.metrics, () => {
      const text = metricsText({
        server: api.server(),
        statistics: api.statistics(),
        requests: requests.all(),
        openStreams: streams.size,
      });
      return { status: 200, text, headers: { "content-type": metricsType } };
    }),
    route(operations.usage, ({ query }) => ({ status: 200, json: api.usage(query) })),
    route(operations.config, () => ({ status: 200, json: api.config() })),
    route(operations.server, () => ({ status: 200, json: api.server() })),
    route(operations.probeServer, async () => ({ status: 200, json: await api.probe() })),
    route(operations.stopServer, async ({ body, caller }): Promise<Answer> => {
      await api.stopServer(body, caller);
      return { status: 202, json: api.server(), headers: { connection: "close" } };
    }),
  ];
}

function healthOf(api: WorkerApi): HealthView {
  const { status, service, version } = api.server();
  return { status, service, version, uptime_s: Math.round(process.uptime() * 10) / 10 };
}
