/** Runs the user's own Claude Code command line, which keeps its own list of MCP servers. */
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import type { Io } from "../io.ts";

const timeoutMs = 60_000;

/** @throws WorkerError unavailable when there is no `claude` on the path. */
export function claudeCode(io: Io, words: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile("claude", [...words], { cwd: io.cwd, env: { ...io.env }, timeout: timeoutMs }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim().replaceAll(/\s+/g, " ");
      if (error === null) return resolve({ code: 0, output });
      if (error.code === "ENOENT") return reject(notThere());
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
    "There is no `claude` command on your PATH. Install Claude Code (npm install -g @anthropic-ai/claude-code), or add the server by hand: see docs/mcp.md.",
  );
}
