/** `mcp uninstall`: makes Claude Code forget this server. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { claudeCode, commandText } from "../../mcp/claude-code.ts";
import { serverName } from "./mcp-install.ts";

export const command = defineCommand<{ readonly scope?: "user" | "project" | "local"; readonly print?: boolean }>({
  name: "mcp uninstall",
  summary: "Remove Claude Worker from Claude Code",
  options: [
    {
      flags: "--scope <scope>",
      description: "in which projects Claude Code knows it (default: user)",
      choices: ["user", "project", "local"],
    },
    { flags: "--print", description: "only show what would be run" },
  ],
  forPeople: true,
  examples: [{ command: "claude-worker mcp uninstall", does: "undo `mcp install`" }],
  async run({ options, io }) {
    const words = ["mcp", "remove", "--scope", options.scope ?? "user", serverName];
    const line = commandText(["claude", ...words]);
    if (options.print !== true) {
      const { code, output } = await claudeCode(io, words);
      if (code !== 0) throw new WorkerError("not_found", `Claude Code refused: ${output}. What was run: ${line}`);
    }
    if (options.json === true) writeJson(io.stdout, { command: ["claude", ...words], done: options.print !== true });
    else io.stdout.exact(options.print === true ? `${line}\n` : `Done: ${line}\n`);
    return exitCodes.ok;
  },
});
