/** `notify deliveries`: what was sent, what waits, and what was given up. */
import { deliveryStates } from "../../../domain/notifications/delivery.ts";
import type { DeliveryState } from "../../../domain/notifications/delivery.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { relativeTime } from "../../terminal/render/time.ts";
import { say } from "../../terminal/render/wrap.ts";
import { findChannel } from "./find-channel.ts";

/** When it is sent, where that is not now: after a failed try, or at the end of quiet hours. */
function nextText(next: string, tries: number): string {
  const now = Date.now();
  return Date.parse(next) <= now ? "" : `${tries === 0 ? "sent" : "next try"} ${relativeTime(next, now)}`;
}

export const command = defineCommand<{ readonly state?: DeliveryState; readonly limit?: number }>({
  name: "notify deliveries",
  summary: "List messages and what became of them, newest first",
  details: "Without a terminal: id, state, channel, event, task, tries, when it happened, last error, with tabs between.",
  arguments: [{ name: "[channel]", description: "only those to this channel: its name or its id" }],
  options: [
    { flags: "--state <state>", description: "only deliveries in this state", choices: deliveryStates },
    { flags: "-n, --limit <n>", description: "how many (default: 50)", parse: wholeNumber("--limit", { min: 1, max: 500 }) },
  ],
  examples: [{ command: "claude-worker notify deliveries --state dead", does: "what did not arrive" }],
  async run({ words, options, io }) {
    const { found: list } = await reading(io, async (client) => {
      const channel = words[0] === undefined ? null : await findChannel(client, words[0]);
      return await client.listDeliveries({
        ...(channel === null ? {} : { channel: channel.id }),
        ...(options.state === undefined ? {} : { state: options.state }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      });
    });
    const { deliveries } = list;
    if (options.json === true) writeJson(io.stdout, list);
    else if (!io.stdout.isTTY) {
      const lines = deliveries.map(({ id, state, channel: name, event, task, tries, occurred_at: at, last_error: error }) =>
        [id, state, name, event, task ?? "", tries, at, plainLine(error ?? "", 500)].join("\t"),
      );
      io.stdout.write(lines.map((line) => `${line}\n`).join(""));
    } else if (deliveries.length === 0) say(io.stdout, "There is no message.");
    else {
      const paint = painter(io.stdout);
      const rows = deliveries.map(
        ({ id, state, channel: name, event, task, tries, occurred_at: at, last_error: error, next_try_at: next }) => [
          { text: String(id) },
          state === "dead" ? { text: state, paint: paint.red } : { text: state },
          { text: name },
          { text: event },
          { text: task === null ? "" : String(task) },
          { text: String(tries) },
          { text: relativeTime(at, Date.now()) },
          { text: plainLine(error ?? "", 200), tail: next === null ? "" : nextText(next, tries) },
        ],
      );
      const header = ["ID", "STATE", "CHANNEL", "EVENT", "TASK", "TRIES", "SINCE", "LAST ERROR"];
      io.stdout.write(table(rows, { header, paintHeader: paint.dim, width: io.stdout.columns }));
    }
    return exitCodes.ok;
  },
});
