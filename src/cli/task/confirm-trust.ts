/** Asks a person at the terminal whether a directory is to be trusted. */
import { autoRunsOf } from "../../config/auto-runs.ts";
import { readRepositoryFile, repositoryFilePath } from "../../config/repository-file.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { canAsk, confirm } from "../terminal/confirm.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";

/**
 * Resolves when the person says yes. @throws WorkerError invalid_input without a terminal,
 * untrusted_directory when the answer is no; Interrupted at Ctrl-C.
 */
export async function confirmTrust(directory: string, io: Io): Promise<void> {
  const name = plainLine(directory, 4096);
  if (!canAsk(io)) {
    throw new WorkerError("invalid_input", `--trust asks a question and needs a terminal. Without one: claude-worker trust add "${name}"`);
  }
  const commands = [...runsIn(directory, io.env), ...commandsOf(directory)].map((line) => `\n${line}`);
  say(
    io.stderr,
    `Trust ${name}?\nTasks there follow its CLAUDE.md and run its hooks and its MCP servers as you, without asking.${commands.join("")}`,
  );
  await confirm(io, "Trust it?", new WorkerError("untrusted_directory", "Not trusted, so nothing was submitted."));
}

/** The commands that are trusted with a directory, a line each; none where it names none. */
export function commandsOf(directory: string): string[] {
  const found = readRepositoryFile(repositoryFilePath(directory));
  if (found === null || "problem" in found.content) return [];
  const { commands: verify, setup } = found.content;
  return commandLines(found.file, verify, setup);
}

/** The commands of a repository's file, for people. */
export function commandLines(
  file: string,
  verify: Readonly<Record<string, string>>,
  setup: { readonly command: string; readonly cache: { readonly paths: readonly string[] } | null } | null,
): string[] {
  const name = plainLine(file, 4096);
  const commands = Object.entries(verify).map(([each, command]) => `  @${each}: ${plainLine(command, 500)}`);
  const kept = setup?.cache == null ? "" : ` (keeps ${plainLine(setup.cache.paths.join(", "), 500)})`;
  return [
    ...(commands.length === 0 ? [] : [`Verify commands of ${name} that tasks may run as you:`, ...commands]),
    ...(setup === null ? [] : [`The command of ${name} that sets worktrees up, as you:`, `  ${plainLine(setup.command, 500)}${kept}`]),
  ];
}

/** What runs by itself in a directory now, a line each; none where nothing does. */
export function runsIn(directory: string, env: Io["env"]): string[] {
  const runs = autoRunsOf(directory, env);
  return runs.length === 0 ? [] : ["Runs by itself there, as you:", ...runs.map(({ what }) => `  ${plainLine(what, 500)}`)];
}
