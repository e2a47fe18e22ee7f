/** `token list`: who has access, without the secrets. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { relativeTime } from "../../terminal/render/time.ts";

export const command = defineCommand<object>({
  name: "token list",
  summary: "List the tokens of programs",
  details:
    "Without a terminal: id, name, scope, first characters, when it was made, when it expires, when it was last used, with tabs between.",
  examples: [{ command: "claude-worker token list", does: "who has access, and who used it" }],
  async run({ options, io }) {
    const { tokens } = (await reading(io, async (client) => await client.listTokens())).found;
    const paint = painter(io.stdout);
    if (options.json === true) writeJson(io.stdout, { tokens });
    else if (!io.stdout.isTTY) {
      const lines = tokens.map((token) => [
        token.id,
        plainLine(token.name, 100),
        token.scope,
        token.hint,
        token.created_at,
        token.expires_at ?? "",
        token.last_used_at ?? "",
      ]);
      io.stdout.write(lines.map((cells) => `${cells.join("\t")}\n`).join(""));
    } else if (tokens.length === 0) io.stdout.write("There is no token. Make one: claude-worker token create NAME\n");
    else {
      const when = (time: string | null, otherwise: string): string => (time === null ? otherwise : relativeTime(time, Date.now()));
      const rows = tokens.map((token) =>
        [
          String(token.id),
          token.scope,
          `${token.hint}…`,
          when(token.last_used_at, "never"),
          when(token.expires_at, "never"),
          plainLine(token.name, 100),
        ].map((text) => ({ text })),
      );
      io.stdout.write(
        table(rows, { header: ["ID", "SCOPE", "TOKEN", "USED", "EXPIRES", "NAME"], paintHeader: paint.dim, width: io.stdout.columns }),
      );
    }
    return exitCodes.ok;
  },
});
