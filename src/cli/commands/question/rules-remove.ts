/** `rules remove`: takes a permission rule back that an answer has made. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "rules remove",
  summary: "Remove a permission rule that an answer has made",
  details: "Attempts that run keep it to their end.",
  arguments: [{ name: "<id>", description: "the rule's number" }],
  examples: [{ command: "claude-worker rules remove 3", does: "ask again before such calls" }],
  async run({ words: [word = ""], options, io }) {
    if (!/^[1-9]\d{0,14}$/.test(word))
      throw new WorkerError("invalid_input", `"${word}" is not the number of a rule. See them: claude-worker rules`);
    await clientOf(io).removeRule({ id: Number(word) });
    if (options.json === true) writeJson(io.stdout, { removed: Number(word) });
    else say(io.stdout, `Rule ${word} is removed.`);
    return exitCodes.ok;
  },
});
