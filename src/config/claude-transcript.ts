/** Where Claude Code keeps the transcript of a session (`projects/<directory>/<session>.jsonl`). */
import { existsSync, lstatSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * The session's file, or null when Claude Code never wrote one. Searches all directories for the
 * file's name, because Claude Code's names of directories may change. A link or a pipe of this name
 * is none: the transcript is written to, and a link leads to another file.
 */
export function findTranscript(env: Readonly<Record<string, string | undefined>>, sessionId: string): string | null {
  const config = env["CLAUDE_CONFIG_DIR"] ?? path.join(env["HOME"] ?? os.homedir(), ".claude");
  const projects = path.join(config, "projects");
  if (!existsSync(projects)) return null;
  const files = readdirSync(projects).map((directory) => path.join(projects, directory, `${sessionId}.jsonl`));
  return files.find((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile() === true) ?? null;
}
