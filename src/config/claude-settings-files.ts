/**
 * Finds the settings files that Claude Code reads for a working directory, and which of them are
 * broken. Measured with 2.1.330.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { hooksIn } from "../domain/task/claude-hooks.ts";
import type { ConfiguredHook } from "../domain/task/claude-hooks.ts";
import { mcpProblems, settingsProblems } from "../domain/task/claude-settings.ts";
import { problemsIn, textIn } from "./broken-file.ts";
import type { BrokenSettings } from "./broken-file.ts";
import { brokenPlugins } from "./claude-plugins.ts";
import { filesAbove } from "./files-above.ts";

/**
 * What is broken in the settings that count in a directory; empty: all of them are valid.
 * @param directory absolute.
 * @param env the agent's: it says where the user's own settings are.
 */
export function brokenSettings(directory: string, env: Readonly<Record<string, string | undefined>>): BrokenSettings[] {
  const { user, settings, mcp } = settingsFiles(directory, env);
  const texts = [...settings, managedSettings].flatMap((file) => textIn(file) ?? []);
  return [
    ...settings.flatMap((file) => problemsIn(file, settingsProblems)),
    ...mcp.flatMap((file) => problemsIn(file, mcpProblems)),
    ...brokenPlugins(directory, texts, env["CLAUDE_CODE_PLUGIN_CACHE_DIR"] || join(user, "plugins")),
  ];
}

/** Where an administrator's settings are; they count for every user. */
const managedSettings =
  process.platform === "darwin"
    ? "/Library/Application Support/ClaudeCode/managed-settings.json"
    : "/etc/claude-code/managed-settings.json";

/**
 * The hooks that may run under this name (`hooksIn`), from all settings files that count in a
 * directory; each command once. These files do not hold hooks of plugins.
 */
export function configuredHooks(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  event: string,
  name: string,
): ConfiguredHook[] {
  const files = [...settingsFiles(directory, env).settings, managedSettings];
  const hooks = files.flatMap((file) => hooksIn(textIn(file) ?? "", event, name));
  return [...new Map(hooks.map((hook) => [hook.command, hook])).values()];
}

interface SettingsFiles {
  /** Claude Code's own directory of this user. */
  readonly user: string;
  readonly settings: readonly string[];
  readonly mcp: readonly string[];
}

/**
 * Lists every file that counts, weakest settings first. A file that another user put above the
 * directory does not count: it is left out or refused by its name (files-above.ts).
 */
function settingsFiles(directory: string, env: Readonly<Record<string, string | undefined>>): SettingsFiles {
  const home = env["HOME"] || homedir();
  const user = env["CLAUDE_CONFIG_DIR"] || join(home, ".claude");
  const { mcp, local } = above(directory, home);
  const settings = [
    join(user, "settings.json"),
    join(directory, ".claude", "settings.json"),
    ...local,
    join(directory, ".claude", "settings.local.json"),
  ];
  return { user, settings: [...new Set(settings)], mcp: [join(directory, ".mcp.json"), ...mcp] };
}

function above(directory: string, home: string): { readonly mcp: readonly string[]; readonly local: readonly string[] } {
  try {
    const { mcpFiles, localSettings, directories } = filesAbove(directory, home);
    const all = directories.map((path) => join(path, ".mcp.json"));
    return { mcp: all.filter((file) => mcpFiles === null || mcpFiles.includes(file)), local: localSettings };
  } catch {
    // The directory does not exist or cannot be entered, so no task starts there.
    return { mcp: [], local: [] };
  }
}
