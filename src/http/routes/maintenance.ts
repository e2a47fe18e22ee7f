/** Routes of the storage's care: backup, check, prune. */
import type { WorkerApi } from "../../contract/api.ts";
import { backupInput, backupView, checkView, pruneInput, pruneView } from "../../contract/maintenance.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

const tag = "Maintenance";

export function maintenanceRoutes(api: WorkerApi): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/backup",
      access: "admin",
      name: "backup",
      tag,
      summary: "Copy the database to a file",
      description: "Safe while tasks run: the copy is the database as it was at one moment.",
      body: backupInput,
      answers: { 201: { description: "The copy is complete and checked.", schema: backupView } },
      problems: ["conflict"],
      async handle({ body, caller }): Promise<Answer> {
        return { status: 201, json: await api.backup(body.file, caller) };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/check",
      access: "admin",
      name: "checkDatabase",
      tag,
      summary: "Look for damage in the database",
      answers: { 200: { description: "What was found.", schema: checkView } },
      async handle(): Promise<Answer> {
        return { status: 200, json: await api.checkDatabase() };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/prune",
      access: "admin",
      name: "prune",
      tag,
      summary: "Delete old ended tasks with their events and logs",
      description: "Never touches a task that has not ended.",
      body: pruneInput,
      answers: { 200: { description: "What was removed.", schema: pruneView } },
      async handle({ body, caller }): Promise<Answer> {
        return { status: 200, json: await api.prune(body, caller) };
      },
    }),
  ];
}
