/** `template show`: one template, its variables and options. */
import { plainLine, plainText } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { templateUse, variablesText } from "../../terminal/render/template.ts";

export const command = defineCommand<object>({
  name: "template show",
  summary: "Show a template",
  arguments: [{ name: "<name>", description: "the template" }],
  examples: [{ command: "claude-worker template show review", does: "its prompt, variables and options" }],
  async run({ words: [name = ""], options, io }) {
    const { found: template } = await reading(io, async (client) => await client.getTemplate({ template: name }));
    if (options.json === true) {
      writeJson(io.stdout, template);
      return exitCodes.ok;
    }
    const set = Object.entries(template.options).map(([field, value]) => `  ${field}: ${plainLine(JSON.stringify(value), 500)}`);
    const lines = [
      `Template ${template.name}`,
      ...(template.variables.length === 0 ? [] : [`Variables: ${variablesText(template)}`]),
      ...(set.length === 0 ? [] : ["Options:", ...set]),
      "Prompt:",
      ...plainText(template.prompt.trimEnd())
        .split("\n")
        .map((line) => `  ${line}`.trimEnd()),
      ...(io.stdout.isTTY ? [`Use it: ${templateUse(template)}`] : []),
    ];
    io.stdout.write(`${lines.join("\n")}\n`);
    return exitCodes.ok;
  },
});
