/** `notify edit`: changes a channel. */
import type { ChannelChange } from "../../../contract/operations/notifications.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { nonEmpty } from "../../commandline/option-values.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { channelFlags, targetChange } from "./channel-flags.ts";
import type { ChannelFlags } from "./channel-flags.ts";
import { findChannel } from "./find-channel.ts";
import { changeFlags, ruleFields } from "./rule-flags.ts";
import type { RuleFlags } from "./rule-flags.ts";

interface Options extends ChannelFlags, RuleFlags<null> {
  readonly name?: string;
  readonly removeLabel?: readonly string[];
  readonly forbidPrivate?: boolean;
}

export const command = defineCommand<Options>({
  name: "notify edit",
  summary: "Change a channel",
  details:
    "What is not named stays; the kind never changes. Messages that wait are sent as the channel is then. When its address leads to another server, the secret is needed again (--secret-file).",
  arguments: [{ name: "<channel>", description: "its name or its id" }],
  options: [
    { flags: "--name <name>", description: "another name for the channel", parse: nonEmpty("--name") },
    ...channelFlags.filter(({ flags }) => flags !== "--slack" && flags !== "--discord" && flags !== "--desktop"),
    ...changeFlags,
    { flags: "--remove-label <key>", description: "take a label back; may be given several times", repeat: true },
    { flags: "--forbid-private", description: "take --allow-private back" },
  ],
  examples: [
    { command: "claude-worker notify edit phone --on question,failed,held --quiet 22:00-07:00", does: "send less, and nothing at night" },
    { command: "claude-worker notify edit ops --webhook https://example.com/new", does: "another address, the same secret" },
    { command: "claude-worker notify edit team --secret-file slack-url", does: "another webhook of Slack" },
    { command: "claude-worker notify edit phone --quiet off", does: "send at any time" },
  ],
  async run({ words, options, io }) {
    const { name, allowPrivate, forbidPrivate, label: labels, removeLabel } = options;
    if (allowPrivate === true && forbidPrivate === true)
      throw new WorkerError("invalid_input", "Give either --allow-private or --forbid-private.");
    const client = clientOf(io);
    const channel = await findChannel(client, words[0] ?? "");
    const change: ChannelChange = {
      ...(name === undefined ? {} : { name }),
      ...targetChange(channel.kind, options, io),
      ...(await ruleFields<null>(options, io)),
      ...(forbidPrivate === true ? { allow_private: false } : {}),
      ...(labels === undefined && removeLabel === undefined
        ? {}
        : { labels: Object.fromEntries([...kept(channel.labels, removeLabel), ...(labels ?? [])]) }),
    };
    if (Object.keys(change).length === 0)
      throw new WorkerError("invalid_input", "Nothing to change. See what can be given: claude-worker notify edit --help");
    const changed = await client.updateChannel({ id: channel.id, ...change });
    if (options.json === true) writeJson(io.stdout, changed);
    else say(io.stdout, `Changed: ${changed.name}. Try it: claude-worker notify test ${changed.name}`);
    return exitCodes.ok;
  },
});

function kept(labels: Readonly<Record<string, string>>, removed: readonly string[] = []): [string, string][] {
  return Object.entries(labels).filter(([key]) => !removed.includes(key));
}
