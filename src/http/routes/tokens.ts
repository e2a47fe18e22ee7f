/** The route that revokes a token: what the token has open is closed. */
import { accountOfToken } from "../../contract/account.ts";
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { OpenConnections } from "../listener/open-connections.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function tokenRoutes(api: WorkerApi, connections: OpenConnections): Route[] {
  return [
    route(operations.removeToken, async ({ params, caller }): Promise<Answer> => {
      await api.removeToken(params, caller);
      connections.closeOf(accountOfToken(params.id));
      return { status: 204 };
    }),
  ];
}
