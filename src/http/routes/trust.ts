/** Routes of trusted directories. */
import type { WorkerApi } from "../../contract/api.ts";
import { trustInput } from "../../contract/queries.ts";
import { trustView } from "../../contract/views.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const path = "/api/v1/trust";
const tag = "Trust";
const answers = { 200: { description: "All trusted directories.", schema: trustView } };

export function trustRoutes(api: WorkerApi): Route[] {
  return [
    route({
      method: "GET",
      path,
      access: "read",
      name: "listTrust",
      tag,
      summary: "List trusted directories",
      answers,
      handle: () => ({ status: 200, json: api.listTrust() }),
    }),
    route({
      method: "POST",
      path,
      access: "admin",
      name: "addTrust",
      tag,
      summary: "Trust a directory",
      description: "Tasks may then run in it and below: its settings, hooks and instructions are followed.",
      body: trustInput,
      answers,
      async handle({ body, caller }): Promise<Answer> {
        return { status: 200, json: await api.addTrust(body.directory, caller) };
      },
    }),
    route({
      method: "DELETE",
      path,
      access: "admin",
      name: "removeTrust",
      tag,
      summary: "Trust a directory no more",
      body: trustInput,
      answers,
      async handle({ body, caller }): Promise<Answer> {
        return { status: 200, json: await api.removeTrust(body.directory, caller) };
      },
    }),
  ];
}
