/** Routes of access tokens. */
import type { WorkerApi } from "../../contract/api.ts";
import { tokenInput, tokenParams } from "../../contract/queries.ts";
import { newTokenView, tokenList } from "../../contract/views.ts";
import type { OpenConnections } from "../open-connections.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const path = "/api/v1/tokens";
const tag = "Tokens";

export function tokenRoutes(api: WorkerApi, connections: OpenConnections): Route[] {
  return [
    route({
      method: "GET",
      path,
      access: "admin",
      name: "listTokens",
      tag,
      summary: "List access tokens",
      description: "Without their secrets: those are not kept. The server's own token (`local`) is a file on its machine and not listed.",
      answers: { 200: { description: "All tokens.", schema: tokenList } },
      handle: () => ({ status: 200, json: { tokens: api.listTokens() } }),
    }),
    route({
      method: "POST",
      path,
      access: "admin",
      name: "createToken",
      tag,
      summary: "Make an access token",
      description: "The answer is the only place where its secret ever is.",
      body: tokenInput,
      answers: { 201: { description: "The token with its secret.", schema: newTokenView } },
      problems: ["conflict"],
      async handle({ body, caller }): Promise<Answer> {
        return { status: 201, json: await api.createToken(body, caller) };
      },
    }),
    route({
      method: "DELETE",
      path: `${path}/{id}`,
      access: "admin",
      name: "removeToken",
      tag,
      summary: "Revoke an access token",
      description: "It opens nothing from now on, and what it has open (event streams, MCP) is closed.",
      params: tokenParams,
      answers: { 204: { description: "Revoked.", schema: null } },
      async handle({ params, caller }): Promise<Answer> {
        connections.closeOf(await api.removeToken(params.id, caller));
        return { status: 204 };
      },
    }),
  ];
}
