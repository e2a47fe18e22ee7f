/** `token create`: access for a program, shown once. */
import { scopes } from "../../../domain/scopes.ts";
import type { Scope } from "../../../domain/scopes.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { duration } from "../../commandline/option-values.ts";

export const command = defineCommand<{ readonly scope?: Scope; readonly expires?: number }>({
  name: "token create",
  summary: "Create a token for a program that uses the REST API",
  details: "The token is shown once, on standard output; the server keeps only its hash. Without a terminal nothing else is printed.",
  arguments: [{ name: "<name>", description: "the program or person that the token is for" }],
  options: [
    { flags: "--scope <scope>", description: "what the program may do (default: submit)", choices: scopes },
    {
      flags: "--expires <duration>",
      description: "how long the token is valid (default: until it is removed)",
      parse: duration("--expires"),
    },
  ],
  examples: [
    { command: "claude-worker token create ci --expires 90d", does: "let a build submit tasks for 90 days" },
    { command: "claude-worker token create prometheus --scope read", does: "let monitoring read" },
  ],
  async run({ words, options, io }) {
    const expires_at = options.expires === undefined ? null : new Date(Date.now() + options.expires).toISOString();
    const token = await clientOf(io).createToken({ name: words[0] ?? "", scope: options.scope ?? "submit", expires_at });
    if (options.json === true) writeJson(io.stdout, token);
    else io.stdout.exact(`${token.token}\n`);
    if (io.stdout.isTTY && options.json !== true)
      io.stderr.write("Keep it: it is not shown again. Programs send it as: Authorization: Bearer <token>\n");
    return exitCodes.ok;
  },
});
