/** `notify test`: sends a message now, and says whether it arrived. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { findChannel } from "./find-channel.ts";

export const command = defineCommand<object>({
  name: "notify test",
  summary: "Send a test message to a channel",
  details: "It is sent once. Exit code 1: it did not arrive.",
  arguments: [{ name: "<channel>", description: "its name or its id" }],
  examples: [{ command: "claude-worker notify test ops", does: "see whether messages arrive" }],
  async run({ words, options, io }) {
    const client = clientOf(io);
    const channel = await findChannel(client, words[0] ?? "");
    const delivery = await client.testChannel({ id: channel.id });
    if (options.json === true) writeJson(io.stdout, delivery);
    else if (delivery.state === "delivered") {
      say(io.stdout, `Delivered to ${channel.name}.`);
      if (delivery.last_error !== null) say(io.stderr, plainLine(delivery.last_error, 500));
    } else if (delivery.state === "dead") say(io.stderr, `Not delivered to ${channel.name}: ${plainLine(delivery.last_error ?? "", 500)}`);
    else say(io.stderr, `Not sent yet: other messages to ${channel.name} come first. See: claude-worker notify deliveries ${channel.name}`);
    return delivery.state === "delivered" ? exitCodes.ok : exitCodes.failed;
  },
});
