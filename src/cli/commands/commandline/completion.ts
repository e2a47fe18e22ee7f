/** `completion`: prints the script that completes commands, flags and ids in a shell. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { completionScripts } from "../../commandline/completion-scripts.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";

const shells = ["bash", "zsh", "fish"] as const;

export const command = defineCommand<object>({
  name: "completion",
  summary: "Print a script that completes commands, flags and task ids in your shell",
  arguments: [{ name: "<shell>", description: "bash, zsh or fish", completes: shells }],
  examples: [
    { command: "source <(claude-worker completion bash)", does: "in ~/.bashrc" },
    { command: "source <(claude-worker completion zsh)", does: "in ~/.zshrc, after compinit" },
    { command: "claude-worker completion fish | source", does: "in ~/.config/fish/config.fish" },
  ],
  async run({ words, options, io }) {
    const shell = shells.find((each) => each === words[0]);
    if (shell === undefined)
      throw new WorkerError("invalid_input", `There is no completion for "${words[0] ?? ""}". There is for: ${shells.join(", ")}.`);
    if (options.json === true) writeJson(io.stdout, { shell, script: completionScripts[shell] });
    else io.stdout.exact(completionScripts[shell]);
    return exitCodes.ok;
  },
});
