/** Routes about the server itself: liveness, state, stop. */
import type { WorkerApi } from "../../contract/api.ts";
import { stopInput } from "../../contract/queries.ts";
import { healthView, serverView } from "../../contract/views.ts";
import type { HealthView } from "../../contract/views.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const tag = "Server";

export function serverRoutes(api: WorkerApi): Route[] {
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
  const { status, service, version, started_at } = api.server();
  return { status, service, version, uptime_s: Math.max(0, Math.round((Date.now() - Date.parse(started_at)) / 100) / 10) };
}
