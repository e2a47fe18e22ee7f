/** `create_tasks`: several tasks, all or none. */
import { z } from "zod";
import { WorkerError } from "../../domain/errors.ts";
import { briefOf, briefTask } from "../brief-task.ts";
import { keyInSession } from "../session.ts";
import { data, defineTool } from "../tool.ts";
import { idempotencyKey } from "./arguments.ts";
import { agentTaskInput, hintsFor, warningsOf, withDirectory } from "./create-task.ts";

const maxTasks = 20;

export const createTasks = defineTool({
  name: "create_tasks",
  title: "Create several tasks",
  description: "Creates several tasks at once, all or none. They run side by side, so they must not edit the same files.",
  input: z.strictObject({
    tasks: z
      .array(
        agentTaskInput.extend({
          depends_on: z.array(z.string().max(200)).max(maxTasks).optional().describe("Not available yet: leave it out."),
        }),
      )
      .min(1)
      .max(maxTasks),
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.object({ tasks: z.array(briefTask), next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ tasks, idempotency_key }, { api, caller, session }) {
    refuseDependencies(tasks);
    const inputs = tasks.map(({ depends_on: _none, ...fields }) => withDirectory(fields, session));
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

/** @throws WorkerError unprocessable. */
function refuseDependencies(tasks: readonly { readonly depends_on?: readonly string[] | undefined }[]): void {
  const problems = tasks.flatMap(({ depends_on = [] }, index) =>
    depends_on.length > 0 ? [{ pointer: `/tasks/${index}/depends_on`, detail: "tasks cannot depend on each other yet" }] : [],
  );
  if (problems.length === 0) return;
  const message =
    "Tasks cannot depend on each other yet. Create those that depend on nothing, wait for them with wait_for_tasks, and create the others then.";
  throw new WorkerError("unprocessable", message, problems);
}
