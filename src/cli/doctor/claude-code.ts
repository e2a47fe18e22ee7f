/** Checks that the Claude Code that tasks run on is there and starts. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ownBinary } from "../../config/own-claude.ts";
import type { SettingOrigin } from "../../config/load-settings.ts";
import { fail, ok } from "./check.ts";
import type { Check } from "./check.ts";

const startMs = 20_000;

/**
 * @param configured the setting `claude_executable`. @param origin where it came from: only there
 * it can be taken out.
 */
export async function checkClaudeCode(configured: string | null, origin: SettingOrigin = "default"): Promise<Check> {
  const binary = configured ?? ownBinary();
  if (binary === null) {
    return fail(
      "Claude Code",
      `no binary for ${process.platform}-${process.arch} is installed`,
      "Install again with optional dependencies (npm install --include=optional), or name one: claude-worker config set claude_executable PATH",
    );
  }
  try {
    const { stdout } = await promisify(execFile)(binary, ["--version"], { timeout: startMs });
    return ok("Claude Code", `${stdout.trim()} (${binary})`);
  } catch (error) {
    const how = origin === "environment" ? "unset CLAUDE_WORKER_CLAUDE_EXECUTABLE" : "claude-worker config set claude_executable --unset";
    const fix = configured === null ? "Install claude-worker again" : `Name another binary, or use the one that comes along: ${how}`;
    return fail("Claude Code", `${binary} does not start: ${reason(error)}`, fix);
  }
}

function reason(error: unknown): string {
  const { code, killed, message } = error as { code?: unknown; killed?: boolean; message?: string };
  if (killed === true) return `no answer within ${startMs / 1000} s`;
  return typeof code === "string" ? code : (message ?? "unknown error").split("\n", 1).join("");
}
