/** `usage`: tokens and money by day, model, group or profile. */
import type { UsageView } from "../../../contract/views/usage.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { usageKeys } from "../../../domain/task/usage-key.ts";
import type { UsageKey } from "../../../domain/task/usage-key.ts";
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { limitsText, overageText } from "../../terminal/render/account-lines.ts";
import { namedProfiles, profileText } from "../../terminal/render/profile-lines.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<{ readonly by?: UsageKey; readonly since?: string; readonly until?: string }>({
  name: "usage",
  summary: "Show tokens and money by day, model, group or profile",
  details:
    "From what the sessions reported. Without a terminal: key, input, output, cache read, cache written, US dollars, with tabs between. The account's limits and paid overage stand below (off a terminal: on standard error), as far as it reported them.",
  options: [
    { flags: "--by <key>", description: "what is summed up (default: day)", choices: usageKeys },
    { flags: "--since <day>", description: "first day, like 2026-11-22 (UTC)" },
    { flags: "--until <day>", description: "last day" },
  ],
  examples: [
    { command: "claude-worker usage", does: "what each day cost" },
    { command: "claude-worker usage --by model --since 2026-11-01", does: "this month by model" },
  ],
  async run({ options, io }) {
    const query = { by: options.by ?? "day", since: options.since, until: options.until };
    const { found: view } = await reading(io, async (client) => await client.usage(query));
    const paint = painter(io.stdout);
    const cells = ({ key, ...sum }: (typeof view.usage)[number]): string[] => [
      plainLine(key, 200),
      String(sum.input_tokens),
      String(sum.output_tokens),
      String(sum.cache_read_input_tokens),
      String(sum.cache_creation_input_tokens),
      sum.cost_usd.toFixed(4),
    ];
    if (options.json === true) writeJson(io.stdout, view);
    else if (!io.stdout.isTTY) io.stdout.write(view.usage.map((sum) => `${cells(sum).join("\t")}\n`).join(""));
    else if (view.usage.length === 0)
      say(
        io.stdout,
        options.since === undefined && options.until === undefined ? "Nothing was used yet." : "Nothing was used in these days.",
      );
    else {
      const rows = [...view.usage, { key: "total", ...view.total }].map((sum) => cells(sum).map((text) => ({ text })));
      const header = [
        view.by === "day" ? "DAY (UTC)" : view.by.toUpperCase(),
        "INPUT",
        "OUTPUT",
        "CACHE READ",
        "CACHE WRITTEN",
        "US DOLLARS",
      ];
      io.stdout.write(table(rows, { header, paintHeader: paint.dim, width: io.stdout.columns, right: [1, 2, 3, 4, 5] }));
    }
    if (options.json !== true) showAccount(view, io);
    return exitCodes.ok;
  },
});

/** Below the table; beside it where another program reads the table. */
function showAccount({ account, profiles }: UsageView, { stdout, stderr }: Io): void {
  const now = Date.now();
  const others = namedProfiles(profiles).map((profile) => `Profile ${profileText(profile, now)}`);
  const lines = [`Limits: ${limitsText(account, now)}`, `Paid overage: ${overageText(account)}`];
  if (stdout.isTTY) stdout.write(`\n${[...lines, ...others].join("\n")}\n`);
  else {
    const own = account.reported_at === null ? [] : [`${lines.join(". ")}.`];
    stderr.write([...own, ...others].map((line) => `${line}\n`).join(""));
  }
}
