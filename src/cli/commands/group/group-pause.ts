/** `group pause`: start no tasks of a group. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { groupLine } from "../../task/group-line.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "group pause",
  summary: "Start no tasks of a group",
  details: "What runs already continues.",
  arguments: [{ name: "<name>", description: "the group" }],
  examples: [{ command: "claude-worker group pause nightly", does: "start nothing of it" }],
  async run({ words: [name = ""], options, io }) {
    const group = await clientOf(io).setGroup({ name, paused: true });
    if (options.json === true) writeJson(io.stdout, group);
    else say(io.stdout, groupLine(group));
    return exitCodes.ok;
  },
});
