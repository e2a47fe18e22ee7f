/** `trust remove`: tasks may no longer run in a directory. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { pathGiven } from "../../commandline/path-given.ts";

export const command = defineCommand<object>({
  name: "trust remove",
  summary: "Stop trusting a directory",
  details: "Tasks that wait already are not touched; new ones are refused. What Claude Code itself trusts stays trusted.",
  arguments: [{ name: "<directory>", description: "as `trust list` shows it", completes: "directories" }],
  examples: [{ command: "claude-worker trust remove ~/project", does: "take it back" }],
  async run({ words, options, io }) {
    const directory = pathGiven(io, words[0] ?? ".");
    const trust = await clientOf(io).removeTrust({ directory });
    if (options.json === true) writeJson(io.stdout, trust);
    else say(io.stdout, `Not trusted any more: ${plainLine(directory, 4096)}`);
    return exitCodes.ok;
  },
});
