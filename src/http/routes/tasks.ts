/** Routes of tasks that speak in entity tags. */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { TaskView } from "../../contract/views/task.ts";
import { etagOf, isKnown, requireMatch } from "../request/etag.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function taskRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.getTask, async ({ params, caller, request }): Promise<Answer> => {
      const task = await api.getTask(params, caller);
      const etag = etagOf(task);
      return isKnown(request.headers["if-none-match"], etag)
        ? { status: 304, headers: { etag } }
        : { status: 200, json: task, headers: { etag } };
    }),
    route(operations.updateTask, async ({ params, body, caller, request }): Promise<Answer> => {
      const check = (task: TaskView): void => requireMatch(request.headers["if-match"], task);
      const task = await api.updateTask({ ...params, ...body }, caller, check);
      return { status: 200, json: task, headers: { etag: etagOf(task) } };
    }),
  ];
}
