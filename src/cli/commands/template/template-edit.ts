/** `template edit`: changes a template. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { templateFields, templateFlags } from "../../task/template-fields.ts";
import type { TemplateFlags } from "../../task/template-fields.ts";
import { writeJson } from "../../terminal/io.ts";
import { templateUse } from "../../terminal/render/template.ts";
import { say } from "../../terminal/render/wrap.ts";

interface Options extends TemplateFlags {
  readonly removeDefault?: readonly string[];
  readonly unset?: readonly string[];
}

export const command = defineCommand<Options>({
  name: "template edit",
  summary: "Change a template",
  details:
    "What is not named stays. Without flags, $VISUAL or $EDITOR opens with the prompt. Tasks that were made of the template stay as they are.",
  arguments: [{ name: "<name>", description: "the template" }],
  options: [
    ...templateFlags,
    { flags: "--remove-default <name>", description: "takes a default away; may be given several times", repeat: true },
    { flags: "--unset <option>", description: "takes an option away, e.g. model; may be given several times", repeat: true },
  ],
  runLine: "another prompt, and options of run to set",
  examples: [
    { command: "claude-worker template edit review", does: "change its prompt in $EDITOR" },
    { command: "claude-worker template edit review --default branch=next -- --model sonnet", does: "set a default and an option" },
    { command: "claude-worker template edit review --unset model", does: "take an option away" },
  ],
  async run({ words: [name = ""], options, behind, io }) {
    const client = clientOf(io);
    const given = await templateFields(options, behind ?? null, io);
    const defaults = { ...given.defaults, ...nothing(options.removeDefault) };
    const changes = { ...given.options, ...nothing(options.unset?.map((flag) => flag.replace(/^--/, "").replaceAll("-", "_"))) };
    const isNamed = given.prompt !== null || Object.keys(defaults).length > 0 || Object.keys(changes).length > 0;
    const prompt = isNamed ? given.prompt : await written(name);
    const template = await client.updateTemplate({
      template: name,
      ...(prompt === null ? {} : { prompt }),
      ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
      ...(Object.keys(changes).length === 0 ? {} : { options: changes }),
    });
    if (options.json === true) writeJson(io.stdout, template);
    else say(io.stdout, `Template ${template.name} is changed. Use it: ${templateUse(template)}`);
    return exitCodes.ok;

    /** The prompt as a person changes it in an editor. */
    async function written(of: string): Promise<string> {
      if (!io.stdin.isTTY || !io.stdout.isTTY)
        throw new WorkerError("invalid_input", "Nothing to change. See what can be given: claude-worker template edit --help");
      const { editedText } = await import("../../task/edited-text.ts");
      return editedText((await client.getTemplate({ template: of })).prompt, io.env);
    }
  },
});

/** Each name with null, which takes it away. */
function nothing(names: readonly string[] = []): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}
