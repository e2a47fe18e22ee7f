/** The settings files that Claude Code reads for a working directory, and which of them are broken. Measured with 2.1.330. */
import { lstatSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { hooksIn } from "../domain/claude-hooks.ts";
import type { ConfiguredHook } from "../domain/claude-hooks.ts";
import { mcpProblems, settingsProblems } from "../domain/claude-settings.ts";
import type { SettingsProblem } from "../domain/claude-settings.ts";
import { foreignText, readForeign } from "./read-foreign.ts";

/** One problem of one file, in a form to be shown: `/p/.claude/settings.json, line 3: …`. */
export interface BrokenSettings extends SettingsProblem {
  readonly file: string;
}

/** Claude Code reads no larger settings file. */
const maxBytes = 2 * 1024 * 1024;
/** Git writes one path into each of these files. */
const maxGitFileBytes = 8192;

/**
 * What is broken in the settings that count in a directory; none: all of them are in force.
 * @param directory absolute. @param env the agent's: it says where the user's own settings are.
 */
export function brokenSettings(directory: string, env: Readonly<Record<string, string | undefined>>): BrokenSettings[] {
  const { settings, mcp } = settingsFiles(directory, env);
  return [...settings.flatMap((file) => problemsIn(file, settingsProblems)), ...mcp.flatMap((file) => problemsIn(file, mcpProblems))];
}

/** Where an administrator's settings are; they count for every user. */
const managedSettings =
  process.platform === "darwin"
    ? "/Library/Application Support/ClaudeCode/managed-settings.json"
    : "/etc/claude-code/managed-settings.json";

/**
 * The hooks of all settings files that count in a directory and may run under this name (`hooksIn`); the same command stands there once.
 * Hooks of plugins are in none of these files.
 */
export function configuredHooks(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  event: string,
  name: string,
): ConfiguredHook[] {
  const files = [...settingsFiles(directory, env).settings, managedSettings];
  const texts = files.map(contentOf).flatMap((content) => (content !== null && "text" in content ? [content.text] : []));
  const hooks = texts.flatMap((text) => hooksIn(text, event, name));
  return [...new Map(hooks.map((hook) => [hook.command, hook])).values()];
}

/** `FILE, line 3: what`, for people. */
export function describeBroken({ file, line, problem }: BrokenSettings): string {
  return `${file}${line === null ? "" : `, line ${line}`}: ${problem}`;
}

/** The user's settings, the directory's, local ones also at the top of the repository and of the checkout that a worktree belongs to. */
function settingsFiles(directory: string, env: Readonly<Record<string, string | undefined>>): { settings: string[]; mcp: string[] } {
  const user = env["CLAUDE_CONFIG_DIR"] || join(env["HOME"] || homedir(), ".claude");
  const above = directoriesUpFrom(directory);
  const top = above.find((path) => lstatSync(join(path, ".git"), { throwIfNoEntry: false }) !== undefined);
  const local = new Set([directory, ...(top === undefined ? [] : [top, mainCheckout(top)])]);
  const settings = [
    join(user, "settings.json"),
    join(directory, ".claude", "settings.json"),
    ...[...local].map((path) => join(path, ".claude", "settings.local.json")),
  ];
  return { settings: [...new Set(settings)], mcp: above.map((path) => join(path, ".mcp.json")) };
}

function directoriesUpFrom(directory: string): string[] {
  return directory === dirname(directory) ? [directory] : [directory, ...directoriesUpFrom(dirname(directory))];
}

/** The checkout whose `.git` a worktree uses; the directory itself where it is no worktree. */
function mainCheckout(top: string): string {
  // A directory: the repository's own. A submodule has no commondir.
  const gitFile = /^gitdir: (.+)$/m.exec(foreignText(join(top, ".git"), maxGitFileBytes) ?? "")?.[1];
  if (gitFile === undefined) return top;
  const gitDirectory = resolve(top, gitFile);
  const common = foreignText(join(gitDirectory, "commondir"), maxGitFileBytes);
  return common === null ? top : dirname(resolve(gitDirectory, common.trim()));
}

function problemsIn(file: string, check: (text: string) => SettingsProblem[]): BrokenSettings[] {
  const content = contentOf(file);
  if (content === null) return [];
  const problems = "problem" in content ? [{ line: null, problem: content.problem }] : check(content.text);
  return problems.map((problem) => ({ file, ...problem }));
}

/** @returns null where the file is not there. */
function contentOf(file: string): { readonly text: string } | { readonly problem: string } | null {
  const found = readForeign(file, maxBytes);
  if (found === null || "problem" in found) return found;
  const { bytes } = found;
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return { text: bytes.toString(isUtf16 ? "utf16le" : "utf8").replace(/^\u{FEFF}/u, "") };
}
