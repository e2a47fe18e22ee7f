/** `notify rm`: nothing is sent to a channel any more. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { findChannel } from "./find-channel.ts";

export const command = defineCommand<object>({
  name: "notify rm",
  summary: "Remove a channel, and what waits to be sent to it",
  arguments: [{ name: "<channel>", description: "its name or its id" }],
  examples: [{ command: "claude-worker notify rm ops", does: "send nothing there any more" }],
  async run({ words, options, io }) {
    const client = clientOf(io);
    const channel = await findChannel(client, words[0] ?? "");
    await client.removeChannel({ id: channel.id });
    if (options.json === true) writeJson(io.stdout, { removed: channel });
    else say(io.stdout, `Removed: ${channel.name}`);
    return exitCodes.ok;
  },
});
