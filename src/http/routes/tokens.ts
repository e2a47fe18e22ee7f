/** Routes of access tokens. */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { OpenConnections } from "../listener/open-connections.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function tokenRoutes(api: WorkerApi, connections: OpenConnections): Route[] {
  return [
    route(operations.listTokens, () => ({ status: 200, json: { tokens: api.listTokens() } })),
    route(operations.createToken, async ({ body, caller }): Promise<Answer> => {
      return { status: 201, json: await api.createToken(body, caller) };
    }),
    route(operations.removeToken, async ({ params, caller }): Promise<Answer> => {
      connections.closeOf(await api.removeToken(params.id, caller));
      return { status: 204 };
    }),
  ];
}
