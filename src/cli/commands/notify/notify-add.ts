/** `notify add`: a channel that notifications are sent to. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { channelFlags, channelOf } from "./channel-flags.ts";
import type { ChannelFlags } from "./channel-flags.ts";
import { ruleFields, ruleFlags } from "./rule-flags.ts";
import type { RuleFlags } from "./rule-flags.ts";

type Options = ChannelFlags & RuleFlags;

export const command = defineCommand<Options>({
  name: "notify add",
  summary: "Send notifications to a channel",
  details:
    "Give one of --webhook, --ntfy, --slack, --slack-app, --discord, --telegram, --email, --desktop and --command. Secrets come from a file or the standard input (--secret-file): the address of a webhook of Slack or Discord, the two tokens of an app of Slack, the token of a Telegram bot or of ntfy, the password of a mail server. For a webhook one is made and printed once, on standard output. Without a terminal nothing else is printed.",
  arguments: [{ name: "<name>", description: "a name for the channel" }],
  options: [...channelFlags, ...ruleFlags],
  examples: [
    { command: "claude-worker notify add ops --webhook https://example.com/hook --on failed,held", does: "tell a program what went wrong" },
    {
      command: "claude-worker notify add local --webhook http://127.0.0.1:8080/ --allow-private",
      does: "send to a program on this machine",
    },
    { command: "claude-worker notify add phone --ntfy https://ntfy.sh/my-topic --on question,failed,held", does: "reach a phone" },
    { command: "claude-worker notify add team --slack --secret-file slack-url", does: "post into a channel of Slack" },
    {
      command:
        "claude-worker notify add team --slack-app C0123ABCDEF --secret-file slack-tokens --answers content --answer-from U0123ABCDEF",
      does: "answer questions in Slack",
    },
  ],
  async run({ words, options, io }) {
    const target = channelOf(options, io);
    const fields = await ruleFields<never>(options, io);
    const connection = connectionOf(io);
    const input = {
      name: words[0] ?? "",
      ...target,
      ...fields,
      ...(options.label === undefined ? {} : { labels: Object.fromEntries(options.label) }),
    };
    const channel = await withServer(io, connection, async () => await connection.client.addChannel(input));
    if (options.json === true) writeJson(io.stdout, channel);
    else if (channel.secret !== null) io.stdout.exact(`${channel.secret}\n`);
    else say(io.stdout, `Added: ${channel.name}`);
    if (io.stdout.isTTY && options.json !== true) {
      if (channel.secret !== null) io.stderr.write("Give it to the receiver, which checks the signature with it: it is not shown again.\n");
      io.stderr.write(`Try it: claude-worker notify test ${channel.name}\n`);
    }
    return exitCodes.ok;
  },
});
