/** `session list`: which browsers are signed in. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { relativeTime } from "../../terminal/render/time.ts";

export const command = defineCommand<object>({
  name: "session list",
  summary: "List the browsers that are signed in",
  details:
    "Without a terminal: id, scope, token, address, when it signed in, when it was last used, when it ends unless it is used, what the browser says of itself, with tabs between.",
  examples: [{ command: "claude-worker session list", does: "who is signed in, and from where" }],
  async run({ options, io }) {
    const {
      found: { sessions },
    } = await reading(io, async (client) => await client.listSessions());
    if (options.json === true) writeJson(io.stdout, { sessions });
    else if (!io.stdout.isTTY) {
      const lines = sessions.map((each) => [
        each.id,
        each.scope,
        plainLine(each.token ?? "", 100),
        each.address ?? "",
        each.created_at,
        each.last_used_at,
        each.expires_at,
        plainLine(each.user_agent ?? "", 300),
      ]);
      io.stdout.write(lines.map((cells) => `${cells.join("\t")}\n`).join(""));
    } else if (sessions.length === 0) io.stdout.write("No browser is signed in. Open one: claude-worker open\n");
    else {
      const now = Date.now();
      const rows = sessions.map((each) =>
        [
          String(each.id),
          each.scope,
          plainLine(each.token ?? "", 30),
          each.address ?? "",
          relativeTime(each.last_used_at, now),
          relativeTime(each.expires_at, now),
          plainLine(each.user_agent ?? "", 100),
        ].map((text) => ({ text })),
      );
      const header = ["ID", "SCOPE", "TOKEN", "FROM", "USED", "ENDS", "BROWSER"];
      io.stdout.write(table(rows, { header, paintHeader: painter(io.stdout).dim, width: io.stdout.columns }));
    }
    return exitCodes.ok;
  },
});
