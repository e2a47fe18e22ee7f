/**
 * Claude Code's own file of this user, `~/.claude.json`: what it trusts and who is signed in.
 * Claude Code 2.1.332 does not start while it is broken (measured).
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { syntaxProblems } from "../domain/task/json-problems.ts";
import { describeBroken, textIn } from "./broken-file.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A larger file is left to Claude Code: to find the place of an error in it takes long. */
export const maxStateBytes = 8 * 1024 * 1024;

/** @param env where CLAUDE_CONFIG_DIR and HOME are looked up. */
export function claudeStateFile(env: Env): string {
  return join(env["CLAUDE_CONFIG_DIR"] || env["HOME"] || homedir(), ".claude.json");
}

/** What is wrong in that file: `FILE, line 3: is not valid JSON: …`; null: nothing is known. */
export function claudeStateProblem(env: Env): string | null {
  const file = claudeStateFile(env);
  const [problem] = syntaxProblems(textIn(file, maxStateBytes) ?? "{}");
  return problem === undefined ? null : describeBroken({ file, ...problem });
}
