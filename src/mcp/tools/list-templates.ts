/** `list_templates`: prompts that a person has stored. */
import { templateList } from "../../contract/views/template.ts";
import { z } from "zod";
import { data, defineTool } from "../tool.ts";

export const listTemplates = defineTool({
  name: "list_templates",
  title: "List templates",
  description: "Prompts with variables that the user has stored for tasks. run_template submits a task of one. Only the user changes them.",
  input: z.strictObject({}),
  output: templateList.extend({ next_step: z.string() }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run(_input, { api, caller }) {
    const { templates } = await api.listTemplates({}, caller);
    const next_step =
      templates.length === 0
        ? "There is none: create_task takes a prompt of your own."
        : "run_template with a name, and vars for each variable without a default.";
    return data({ templates, next_step });
  },
});
