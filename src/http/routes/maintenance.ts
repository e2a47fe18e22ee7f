/** Routes of the storage's care: backup, check, prune. */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function maintenanceRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.backup, async ({ body, caller }): Promise<Answer> => {
      return { status: 201, json: await api.backup(body.file, caller) };
    }),
    route(operations.checkDatabase, async (): Promise<Answer> => {
      return { status: 200, json: await api.checkDatabase() };
    }),
    route(operations.prune, async ({ body, caller }): Promise<Answer> => {
      return { status: 200, json: await api.prune(body, caller) };
    }),
  ];
}
