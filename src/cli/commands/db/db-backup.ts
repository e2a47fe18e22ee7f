/** `db backup`: a copy of the database while the server works. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { pathGiven } from "../../commandline/path-given.ts";

export const command = defineCommand<object>({
  name: "db backup",
  summary: "Copy the database to a file, safely while tasks run",
  details:
    "The copy is the database as it was at one moment, checked. Logs are plain files beside it and are not in the copy. An existing file is never overwritten.",
  arguments: [{ name: "<file>", description: "where the copy goes", completes: "files" }],
  forPeople: true,
  examples: [{ command: 'claude-worker db backup "tasks-$(date +%F).db"', does: "a copy a day" }],
  async run({ words, options, io }) {
    const backup = await clientOf(io).backup({ file: pathGiven(io, words[0] ?? "") });
    if (options.json === true) writeJson(io.stdout, backup);
    else
      say(
        io.stdout,
        `Backed up to ${backup.file} (${backup.bytes} bytes).\nPut it back with the server stopped: claude-worker db restore ${backup.file}`,
      );
    return exitCodes.ok;
  },
});
