/** Routes of trusted directories. */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function trustRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.listTrust, () => ({ status: 200, json: api.listTrust() })),
    route(operations.addTrust, async ({ body, caller }): Promise<Answer> => {
      return { status: 200, json: await api.addTrust(body.directory, caller) };
    }),
    route(operations.removeTrust, async ({ body, caller }): Promise<Answer> => {
      return { status: 200, json: await api.removeTrust(body.directory, caller) };
    }),
  ];
}
