/** Routes of holds: why nothing starts now, and a person's own pause. */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function holdRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.listHolds, () => ({ status: 200, json: { holds: api.listHolds() } })),
    route(operations.hold, async ({ body, caller }): Promise<Answer> => {
      return { status: 200, json: { holds: await api.hold(body.reason ?? null, caller) } };
    }),
    route(operations.resume, async ({ caller }): Promise<Answer> => {
      return { status: 200, json: { holds: await api.resume(caller) } };
    }),
  ];
}
