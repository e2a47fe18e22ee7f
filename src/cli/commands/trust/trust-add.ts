/** `trust add`: tasks may run in a directory. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { pathGiven } from "../../commandline/path-given.ts";
import { commandsOf, runsIn } from "../../task/confirm-trust.ts";

export const command = defineCommand<object>({
  name: "trust add",
  summary: "Let tasks run in a directory and below it",
  details:
    "Tasks there follow its CLAUDE.md and run its hooks and MCP servers as you, and the commands that its .claude-worker.json names now. What comes or changes later is asked about again. When no server runs, one is started.",
  arguments: [{ name: "[directory]", description: "default: the current one", completes: "directories" }],
  examples: [{ command: "claude-worker trust add ~/project", does: "trust one project" }],
  async run({ words, options, io }) {
    const connection = connectionOf(io);
    const directory = pathGiven(io, words[0] ?? ".");
    const trust = await withServer(io, connection, async () => await connection.client.addTrust({ directory, commands: true }));
    if (options.json === true) writeJson(io.stdout, trust);
    else say(io.stdout, [`Trusted: ${plainLine(directory, 4096)}`, ...runsIn(directory, io.env), ...commandsOf(directory)].join("\n"));
    return exitCodes.ok;
  },
});
