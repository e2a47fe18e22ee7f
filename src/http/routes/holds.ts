/** Routes of holds: why nothing starts now, and a person's own pause. */
import type { WorkerApi } from "../../contract/api.ts";
import { holdInput } from "../../contract/queries.ts";
import { holdList } from "../../contract/views.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const path = "/api/v1/holds";
const tag = "Holds";
const answers = { 200: { description: "All holds that are left.", schema: holdList } };

export function holdRoutes(api: WorkerApi): Route[] {
  return [
    route({
      method: "GET",
      path,
      access: "read",
      name: "listHolds",
      tag,
      summary: "List holds",
      answers,
      handle: () => ({ status: 200, json: { holds: api.listHolds() } }),
    }),
    route({
      method: "POST",
      path,
      access: "admin",
      name: "hold",
      tag,
      summary: "Pause: start nothing until the holds are lifted",
      description: "Running tasks go on.",
      body: holdInput,
      bodyOptional: true,
      answers,
      async handle({ body, caller }): Promise<Answer> {
        return { status: 200, json: { holds: await api.hold(body.reason ?? null, caller) } };
      },
    }),
    route({
      method: "DELETE",
      path,
      access: "admin",
      name: "resume",
      tag,
      summary: "Lift every hold that a person may lift",
      answers,
      async handle({ caller }): Promise<Answer> {
        return { status: 200, json: { holds: await api.resume(caller) } };
      },
    }),
  ];
}
