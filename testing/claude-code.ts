/**
 * The real Claude Code as a person's own session (`claude -p`), for tests of what it sees of us.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

/** The binary that the SDK brings for this platform. */
export const claudeBinary = (() => {
  const require = createRequire(import.meta.url);
  const sdk = createRequire(require.resolve("@anthropic-ai/claude-agent-sdk"));
  const name = `@anthropic-ai/claude-agent-sdk-${process.platform}-${process.arch}`;
  return path.join(path.dirname(sdk.resolve(`${name}/package.json`)), process.platform === "win32" ? "claude.exe" : "claude");
})();

export interface ClaudeRun {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string; messages: Record<string, unknown>[] }>;
  kill(signal?: NodeJS.Signals): void;
}

/**
 * `claude -p PROMPT` with stream-json output. @param words more words, e.g. `--mcp-config FILE`.
 */
export function startClaude(
  prompt: string,
  { env, cwd, words = [] }: { env: Record<string, string>; cwd: string; words?: readonly string[] },
): ClaudeRun {
  const child = spawn(claudeBinary, ["-p", prompt, "--output-format", "stream-json", "--verbose", ...words], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Awaited<ClaudeRun["ended"]>>((resolve) => {
    child.once("close", (code) => {
      const messages = stdout.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
      resolve({ code, stdout, stderr, messages });
    });
  });
  return { pid: child.pid ?? -1, ended, kill: (signal = "SIGKILL") => void child.kill(signal) };
}
