/** `template add`: stores a prompt with variables, and options of its tasks. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { templateFields, templateFlags } from "../../task/template-fields.ts";
import type { TemplateFlags } from "../../task/template-fields.ts";
import { writeJson } from "../../terminal/io.ts";
import { templateUse } from "../../terminal/render/template.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<TemplateFlags>({
  name: "template add",
  summary: "Store a prompt with variables",
  details:
    "In the prompt, {{ vars.NAME }} stands for what each caller gives: claude-worker run --template NAME --var NAME=VALUE. Behind -- stands a run line: the prompt, where no file has it, and options of the tasks.",
  arguments: [{ name: "<name>", description: "what callers name" }],
  options: templateFlags,
  runLine: "prompt and options of run",
  examples: [
    { command: "claude-worker template add review --file review.md --default branch=main", does: "a prompt from a file" },
    { command: 'claude-worker template add triage -- "Triage {{ vars.issue }}" --model opus --worktree', does: "a prompt with options" },
  ],
  async run({ words: [name = ""], options, behind, io }) {
    const { prompt, ...fields } = await templateFields(options, behind ?? null, io);
    if (prompt === null)
      throw new WorkerError(
        "invalid_input",
        `The template has no prompt. Give a file, --file F, or the prompt behind --: claude-worker template add ${name} -- "…"`,
      );
    const template = await clientOf(io).addTemplate({ name, prompt, ...fields });
    if (options.json === true) writeJson(io.stdout, template);
    else say(io.stdout, `Template ${template.name} is stored. Use it: ${templateUse(template)}`);
    return exitCodes.ok;
  },
});
