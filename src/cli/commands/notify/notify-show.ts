/** `notify show`: one channel and what was sent to it last. */
import type { ChannelView } from "../../../contract/views/notification.ts";
import { typedDuration } from "../../../domain/text/duration.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { localTime, relativeTime } from "../../terminal/render/time.ts";
import { findChannel } from "./find-channel.ts";

/** Only those that the channel has. */
function rulesOf({
  labels,
  quiet_hours: quiet,
  digest_at: digestAt,
  escalate_after_ms: afterMs,
  escalate_to: to,
  answers,
  answer_from: from,
  answers_problem: problem,
}: ChannelView): [string, string][] {
  const facts: readonly (readonly [string, string | null])[] = [
    [
      "labels",
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(", ") || null,
    ],
    ["quiet", quiet === null ? null : `${quiet.from}-${quiet.to}`],
    ["digest at", digestAt],
    ["escalates", afterMs === null ? null : `after ${typedDuration(afterMs)}${to === null ? "" : ` to ${to}`}`],
    ["answers", answers === "none" ? null : `${answers}${from.length === 0 ? "" : ` from ${from.join(", ")}`}`],
    ["answers problem", problem],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

export const command = defineCommand<object>({
  name: "notify show",
  summary: "Show a channel",
  arguments: [{ name: "<channel>", description: "its name or its id" }],
  examples: [{ command: "claude-worker notify show ops", does: "where it sends to, and whether that works" }],
  async run({ words, options, io }) {
    const { found: channel } = await reading(io, (client) => findChannel(client, words[0] ?? ""));
    if (options.json === true) {
      writeJson(io.stdout, channel);
      return exitCodes.ok;
    }
    const facts: readonly (readonly [string, string])[] = [
      ["name", channel.name],
      ["kind", channel.kind],
      ["target", channel.target],
      ["on", channel.events.join(", ")],
      ...rulesOf(channel),
      ["private addresses", channel.allow_private ? "allowed" : "refused"],
      [
        "added",
        io.stdout.isTTY ? `${localTime(channel.created_at)} (${relativeTime(channel.created_at, Date.now())})` : channel.created_at,
      ],
      ["waiting", String(channel.pending)],
      ["dead", String(channel.dead)],
      ...(channel.last_error === null ? [] : [["last error", channel.last_error] as const]),
    ];
    io.stdout.write(facts.map(([name, value]) => `${name}: ${plainLine(value, 2000)}\n`).join(""));
    return exitCodes.ok;
  },
});
