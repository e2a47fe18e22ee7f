/** `group rm`: forgets a group's limit, pause and budgets. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "group rm",
  summary: "Forget the limit, the pause and the budgets of a group",
  details: "Its tasks stay, and start without a limit of the group.",
  arguments: [{ name: "<name>", description: "the group" }],
  examples: [{ command: "claude-worker group rm nightly", does: "as if it had never been set" }],
  async run({ words: [name = ""], options, io }) {
    await clientOf(io).removeGroup({ name });
    if (options.json === true) writeJson(io.stdout, { removed: name });
    else say(io.stdout, `Group ${name} has no limit, no pause and no budget any more.`);
    return exitCodes.ok;
  },
});
