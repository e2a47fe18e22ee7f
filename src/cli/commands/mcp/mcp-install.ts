/** `mcp install`: makes Claude Code know this server, by Claude Code's own command. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { claudeCode, commandText, ownCommand } from "../../mcp/claude-code.ts";
import { say } from "../../terminal/render/wrap.ts";

/** The name under which Claude Code knows the server. */
export const serverName = "worker";

export const command = defineCommand<{
  readonly scope?: "user" | "project" | "local";
  readonly readOnly?: boolean;
  readonly print?: boolean;
}>({
  name: "mcp install",
  summary: "Let Claude Code delegate to Claude Worker",
  details:
    "Runs `claude mcp add` with the right arguments. No secret is written: on its unix socket the server recognises its own user. " +
    "Scope `user`: in all of your projects. `project`: for everybody who checks this project out, in its .mcp.json. `local`: for you in this project.",
  options: [
    {
      flags: "--scope <scope>",
      description: "in which projects Claude Code knows it (default: user)",
      choices: ["user", "project", "local"],
    },
    { flags: "--read-only", description: "only tools that read" },
    { flags: "--print", description: "only show what would be run" },
  ],
  forPeople: true,
  examples: [
    { command: "claude-worker mcp install", does: "for all of your projects" },
    { command: "claude-worker mcp install --scope project --print", does: "show what would be done" },
  ],
  async run({ options, io }) {
    const scope = options.scope ?? "user";
    // A project's file is read on other machines too: there the command is found by its name only.
    const own = scope === "project" ? ["claude-worker"] : ownCommand();
    const words = ["mcp", "add", "--scope", scope, serverName, "--", ...own, "mcp", ...(options.readOnly === true ? ["--read-only"] : [])];
    const line = commandText(["claude", ...words]);
    if (options.print !== true) {
      const { code, output } = await claudeCode(io, words);
      if (code !== 0)
        throw new WorkerError(
          "conflict",
          `Claude Code refused: ${output}. What was run: ${line}. If the server is known already: claude-worker mcp uninstall`,
        );
    }
    if (options.json === true) writeJson(io.stdout, { command: ["claude", ...words], done: options.print !== true });
    else if (options.print === true) io.stdout.exact(`${line}\n`);
    else
      say(
        io.stdout,
        `Done: ${line}\nRestart Claude Code, then ask it: "Delegate these three things to Claude Worker and tell me when they are done: …"`,
      );
    return exitCodes.ok;
  },
});
