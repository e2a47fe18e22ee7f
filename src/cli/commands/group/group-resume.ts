/** `group resume`: start tasks of a paused group again. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { groupLine } from "../../task/group-line.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "group resume",
  summary: "Start tasks of a paused group again",
  arguments: [{ name: "<name>", description: "the group" }],
  examples: [{ command: "claude-worker group resume nightly", does: "let it continue" }],
  async run({ words: [name = ""], options, io }) {
    const group = await clientOf(io).setGroup({ name, paused: false });
    if (options.json === true) writeJson(io.stdout, group);
    else say(io.stdout, groupLine(group));
    return exitCodes.ok;
  },
});
