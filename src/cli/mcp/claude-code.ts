/**
 * Runs Claude Code's own command line, which keeps a list of MCP servers: the user's, else the one
 * that comes along.
 */
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { ownBinary } from "../../config/own-claude.ts";
import type { Io } from "../terminal/io.ts";

const timeoutMs = 60_000;

interface Answer {
  readonly code: number;
  readonly output: string;
}

/**
 * @throws WorkerError unavailable when there is no `claude` on the path, and none came along
 * either.
 */
export async function claudeCode(io: Io, words: readonly string[]): Promise<Answer> {
  for (const program of ["claude", ownBinary()]) {
    const answer = program === null ? null : await callOf(program, io, words);
    if (answer !== null) return answer;
  }
  throw notThere();
}

/** null: there is no such program. */
function callOf(program: string, io: Io, words: readonly string[]): Promise<Answer | null> {
  return new Promise((resolve) => {
    const child = execFile(program, [...words], { cwd: io.cwd, env: { ...io.env }, timeout: timeoutMs }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim().replaceAll(/\s+/g, " ");
      if (error === null) return resolve({ code: 0, output });
      if (error.code === "ENOENT") return resolve(null);
      resolve({ code: child.exitCode ?? 1, output: output || messageOf(error) });
    });
  });
}

/** How this very command line is started: by its name where that leads here, else by its path. */
export function ownCommand(): string[] {
  const launcher = fileURLToPath(new URL("../../../bin/claude-worker", import.meta.url));
  return process.argv[1] !== undefined && path.basename(process.argv[1]) === "claude-worker" && isOnPath() ? ["claude-worker"] : [launcher];
}

function isOnPath(): boolean {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return folders.some((folder) => process.argv[1] === path.join(folder, "claude-worker"));
}

/** Words as a shell takes them. */
export function commandText(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(" ");
}

function notThere(): WorkerError {
  return new WorkerError(
    "unavailable",
    "There is no `claude` command on your PATH, and none came along (npm install --include=optional brings it). Or add the server by hand: see docs/mcp.md.",
  );
}
