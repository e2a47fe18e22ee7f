/**
 * The settings files that Claude Code reads for a working directory, and which of them are broken.
 * Measured with 2.1.330.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { hooksIn } from "../domain/task/claude-hooks.ts";
import type { ConfiguredHook } from "../domain/task/claude-hooks.ts";
import { mcpProblems, settingsProblems } from "../domain/task/claude-settings.ts";
import type { SettingsProblem } from "../domain/task/claude-settings.ts";
import { filesAbove } from "./files-above.ts";
import { readForeign } from "./read-foreign.ts";

/** One problem of one file, in a form to be shown: `/p/.claude/settings.json, line 3: …`. */
export interface BrokenSettings extends SettingsProblem {
  readonly file: string;
}

/** Claude Code reads no larger settings file. */
const maxBytes = 2 * 1024 * 1024;

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
 * The hooks of all settings files that count in a directory and may run under this name
 * (`hooksIn`); the same command stands there once. Hooks of plugins are in none of these files.
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

/**
 * Every file that counts. What another user put above the directory does not: it is left out or
 * refused by its name (files-above.ts).
 */
function settingsFiles(directory: string, env: Readonly<Record<string, string | undefined>>): { settings: string[]; mcp: string[] } {
  const home = env["HOME"] || homedir();
  const user = env["CLAUDE_CONFIG_DIR"] || join(home, ".claude");
  const { mcp, local } = above(directory, home);
  const settings = [
    join(user, "settings.json"),
    join(directory, ".claude", "settings.json"),
    join(directory, ".claude", "settings.local.json"),
    ...local,
  ];
  return { settings: [...new Set(settings)], mcp: [join(directory, ".mcp.json"), ...mcp] };
}

function above(directory: string, home: string): { readonly mcp: readonly string[]; readonly local: readonly string[] } {
  try {
    const { mcpFiles, localSettings, directories } = filesAbove(directory, home);
    const all = directories.map((path) => join(path, ".mcp.json"));
    return { mcp: all.filter((file) => mcpFiles === null || mcpFiles.includes(file)), local: localSettings };
  } catch {
    return { mcp: [], local: [] }; // The directory is gone or cannot be entered: nothing starts there.
  }
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
