/** `create_tasks`: several tasks, all or none. */
import { z } from "zod";
import { briefOf, briefTask } from "../brief-task.ts";
import { keyInSession } from "../session.ts";
import { data, defineTool } from "../tool.ts";
import { idempotencyKey } from "./arguments.ts";
import { agentTaskInput, hintsFor, warningsOf, withDirectory } from "./create-task.ts";

const maxTasks = 20;

export const createTasks = defineTool({
  name: "create_tasks",
  title: "Create several tasks",
  description:
    "Creates several tasks at once, all or none. They run side by side, so they must not edit the same files, unless depends_on orders them: by name within the call. A prompt can then have {{ needs.NAME.result }}.",
  input: z.strictObject({
    tasks: z.array(agentTaskInput).min(1).max(maxTasks),
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.object({ tasks: z.array(briefTask), next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ tasks, idempotency_key }, { api, caller, session }) {
    const inputs = tasks.map((fields) => withDirectory(fields, session));
    const { tasks: created } =
      idempotency_key === undefined
        ? await api.submitTasks({ tasks: inputs }, caller)
        : await api.submitTasksOnce({ tasks: inputs }, keyInSession(session, idempotency_key), caller);
    const ids = created.map(({ id }) => id).join(", ");
    return data({
      tasks: created.map(briefOf),
      next_step: `All are safe in the queue.${created.map(warningsOf).join("")} Continue with other work, or call wait_for_tasks with ids [${ids}].${await hintsFor(inputs, { api })}`,
    });
  },
});
