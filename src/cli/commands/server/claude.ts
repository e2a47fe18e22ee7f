/**
 * `claude`: runs the Claude Code that tasks run on, on this terminal. With it a person signs in
 * without a second installation.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { messageOf, WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { ownBinary } from "../../../config/own-claude.ts";
import type { ExitCode } from "../../commandline/exit-codes.ts";
import { settingsOf } from "../../server/settings-of.ts";

export const command = defineCommand<object>({
  name: "claude",
  summary: "Run the Claude Code that comes with Claude Worker, for example to sign in",
  details:
    "Passes every word and flag after `claude`, and the terminal, to Claude Code unchanged. The exit code is Claude Code's. " +
    "It is the program that tasks run on: the one of the setting `claude_executable`, else the one that comes along.",
  arguments: [{ name: "[words...]", description: "Claude Code's arguments" }],
  passesWordsOn: true,
  forPeople: true,
  examples: [
    { command: "claude-worker claude", does: "start Claude Code here; /login signs in" },
    { command: "claude-worker claude --version", does: "which Claude Code tasks run on" },
    { command: "claude-worker claude -p --resume SESSION_ID", does: "continue the session of a task by hand" },
  ],
  async run({ words, io }) {
    const binary = settingsOf(io).settings.claude_executable ?? ownBinary();
    if (binary === null) {
      throw new WorkerError(
        "unavailable",
        `No Claude Code for ${process.platform}-${process.arch} is installed. Install claude-worker again with optional dependencies: npm install --include=optional`,
      );
    }
    return await runInPlace(binary, words);
  },
});

/**
 * Runs the program on this terminal. @returns its exit code; 128 + the signal's number where a
 * signal ended it.
 */
function runInPlace(program: string, words: readonly string[]): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    // The terminal sends Ctrl-C and Ctrl-\ to both processes; what they mean is Claude Code's
    // decision.
    const ignored = (): void => {};
    process.on("SIGINT", ignored).on("SIGQUIT", ignored);
    // Registers the handlers before the start, so that an early signal ends both processes.
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
    const child = spawn(program, words, { stdio: "inherit" });
    child.on("error", (error) =>
      reject(new WorkerError("unavailable", `${program} does not start: ${messageOf(error)}. Try: claude-worker doctor`)),
    );
    child.on("exit", (code, signal) => resolve((code ?? 128 + (signal === null ? 0 : constants.signals[signal])) as ExitCode));
  });
}
