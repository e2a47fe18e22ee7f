/** `db check`: looks for damage. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";

export const command = defineCommand<object>({
  name: "db check",
  summary: "Look for damage in the database",
  details: "Exits with 1 when something is wrong.",
  examples: [{ command: "claude-worker db check", does: "after a crash of the disk" }],
  async run({ options, io }) {
    const { sound, problems } = await clientOf(io).checkDatabase();
    if (options.json === true) writeJson(io.stdout, { sound, problems });
    else
      io.stdout.write(
        sound ? "The database is sound.\n" : `${problems.join("\n")}\nPut a backup in its place: claude-worker db restore FILE\n`,
      );
    return sound ? exitCodes.ok : exitCodes.failed;
  },
});
