/** `run_template`: submits a task of a template. */
import { templateRun } from "../../contract/operations/templates.ts";
import { z } from "zod";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import { keyInSession } from "../session.ts";
import { personalOptions } from "./agent-options.ts";
import { idempotencyKey } from "./arguments.ts";
import { warningsOf } from "./create-task.ts";

const { context, ...fields } = templateRun.omit({ ...personalOptions, from_settings: true }).shape;

export const runTemplate = defineTool({
  name: "run_template",
  title: "Create a task of a template",
  description: "Hands a piece of work to a fresh Claude Code in the background, with a prompt that the user has stored (list_templates).",
  input: z.strictObject({
    template: z.string().min(1).max(64).describe("The template's name."),
    ...fields,
    context,
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.object({ task: briefTask, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ working_directory, idempotency_key: key, ...input }, { api, caller, session }) {
    const stored = (await api.getTemplate({ template: input.template }, caller)).options["working_directory"];
    const directory = working_directory ?? (stored === undefined ? (session.project ?? undefined) : undefined);
    const own = { ...input, ...(directory === undefined ? {} : { working_directory: directory }) };
    const task =
      key === undefined ? await api.runTemplate(own, caller) : (await api.runTemplateOnce(own, keyInSession(session, key), caller)).task;
    return data({
      task: briefOf(task),
      next_step: `Task ${task.id} is safe in the queue.${warningsOf(task)} Continue with other work, or call wait_for_tasks with all ids that you wait for.`,
    });
  },
});
