/** `template rm`: removes a template. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "template rm",
  summary: "Remove a template",
  details: "Tasks that were made of it stay.",
  arguments: [{ name: "<name>", description: "the template" }],
  examples: [{ command: "claude-worker template rm review", does: "no caller can use it any more" }],
  async run({ words: [name = ""], options, io }) {
    await clientOf(io).removeTemplate({ template: name });
    if (options.json === true) writeJson(io.stdout, { removed: name });
    else say(io.stdout, `Template ${name} is removed.`);
    return exitCodes.ok;
  },
});
