/** `group show`: a group's limit, budgets, and the defaults of its tasks. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { defaultLines } from "../../task/default-options.ts";
import { groupLine } from "../../task/group-line.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "group show",
  summary: "Show a group's limit and budgets, and the defaults of its tasks",
  arguments: [{ name: "<name>", description: "the group" }],
  examples: [{ command: "claude-worker group show nightly", does: "with the options of its tasks" }],
  async run({ words: [name = ""], options, io }) {
    const { found: group } = await reading(io, async (client) => await client.getGroup({ name }));
    if (options.json === true) writeJson(io.stdout, group);
    else say(io.stdout, [groupLine(group), ...defaultLines(group.defaults).map((line) => plainLine(line, 1000))].join("\n"));
    return exitCodes.ok;
  },
});
