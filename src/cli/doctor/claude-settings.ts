/**
 * Checks the files of Claude Code that count in this directory: tasks with broken ones, or below
 * another user's, are refused.
 */
import { describeBroken } from "../../config/broken-file.ts";
import { brokenSettings } from "../../config/claude-settings-files.ts";
import { claudeStateProblem } from "../../config/claude-state.ts";
import { refusalAbove } from "../../config/files-above.ts";
import { fail, ok } from "./check.ts";
import type { Check } from "./check.ts";

const name = "Claude settings";

/** @param env the agent's. */
export function checkClaudeSettings(directory: string, env: Readonly<Record<string, string>>): Check[] {
  const broken = brokenSettings(directory, env);
  const refusal = refusalAbove(directory, env);
  const state = claudeStateProblem(env);
  if (state !== null) return [fail(name, state, "Fix the file: Claude Code does not start with it")];
  if (refusal !== null) return [fail(name, refusal, "Do what it says: tasks in this directory are refused")];
  if (broken.length === 0) return [ok(name, `those that count in ${directory} can be read`)];
  return broken.map((each) =>
    fail(name, describeBroken(each), "Fix the file: tasks in this directory are refused, as its rules would be out of force"),
  );
}
