/** `token remove`: a token opens nothing any more. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "token remove",
  summary: "Revoke a token; its open streams are closed",
  arguments: [{ name: "<token>", description: "its id or its name" }],
  examples: [{ command: "claude-worker token remove ci", does: "shut the build out" }],
  async run({ words, options, io }) {
    const client = clientOf(io);
    const wanted = words[0] ?? "";
    const tokens = (await client.listTokens()).tokens;
    const token = tokens.find(({ name }) => name === wanted) ?? tokens.find(({ id }) => String(id) === wanted);
    if (token === undefined) throw new WorkerError("not_found", `There is no token "${wanted}". See: claude-worker token list`);
    await client.removeToken({ id: token.id });
    if (options.json === true) writeJson(io.stdout, { removed: token });
    else say(io.stdout, `Removed: ${token.name}`);
    return exitCodes.ok;
  },
});
