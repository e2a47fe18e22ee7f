/** `group set`: how many tasks of a group run at once. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { say } from "../../terminal/render/wrap.ts";
import { groupLine } from "../../task/group-line.ts";

interface SetOptions {
  /** Null: none. */
  readonly limit?: number | null;
}

export const command = defineCommand<SetOptions>({
  name: "group set",
  summary: "Limit how many tasks of a group run at once",
  details:
    "A group that was not set has no limit of its own. What runs already continues. The limit of all groups together is the setting workers.",
  arguments: [{ name: "<name>", description: "the group" }],
  options: [{ flags: "--limit <n>", description: "most running tasks of the group, or none", parse: limit }],
  examples: [
    { command: "claude-worker group set repo-a --limit 2", does: "two at once at most" },
    { command: "claude-worker group set repo-a --limit none", does: "no limit again" },
  ],
  async run({ words: [name = ""], options, io }) {
    if (options.limit === undefined) throw new WorkerError("invalid_input", "Say what to set: --limit N, or --limit none.");
    const group = await clientOf(io).setGroup({ name, limit: options.limit });
    if (options.json === true) writeJson(io.stdout, group);
    else say(io.stdout, groupLine(group));
    return exitCodes.ok;
  },
});

function limit(text: string): number | null {
  return text === "none" ? null : wholeNumber("--limit", { min: 0, max: 1000, or: "none" })(text);
}
