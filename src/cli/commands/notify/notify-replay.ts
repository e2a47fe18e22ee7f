/** `notify replay`: messages that were given up are sent again. */
import type { DeliveryView } from "../../../contract/views/notification.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { findChannel } from "./find-channel.ts";

/** The most that one answer has. */
const page = 500;

export const command = defineCommand<object>({
  name: "notify replay",
  summary: "Send dead messages again",
  arguments: [{ name: "<message...>", description: "ids of messages, or a channel's name for all of its dead ones" }],
  examples: [
    { command: "claude-worker notify replay 17", does: "one message" },
    { command: "claude-worker notify replay ops", does: "all that a channel missed" },
  ],
  async run({ words, options, io }) {
    const client = clientOf(io);
    const ids: number[] = [];
    for (const word of words) {
      if (/^\d{1,16}$/.test(word)) ids.push(Number(word));
      else {
        const channel = await findChannel(client, word);
        const { deliveries } = await client.listDeliveries({ channel: channel.id, state: "dead", limit: page });
        ids.push(...deliveries.map(({ id }) => id).toReversed());
      }
    }
    const replayed: DeliveryView[] = [];
    for (const id of ids) replayed.push(await client.replayDelivery({ id }));
    if (options.json === true) writeJson(io.stdout, { replayed });
    else say(io.stdout, replayed.length === 0 ? "There is no dead message." : `Sent again: ${replayed.map(({ id }) => id).join(", ")}`);
    return exitCodes.ok;
  },
});
