/**
 * Finds the settings files that Claude Code reads for a working directory, and which of them are
 * broken. Measured with 2.1.330.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { hooksIn } from "../domain/task/claude-hooks.ts";
import type { ConfiguredHook } from "../domain/task/claude-hooks.ts";
import type { JsonOption } from "../domain/task/option-json.ts";
import { mcpProblems, settingsProblems } from "../domain/task/claude-settings.ts";
import { problemsIn, textIn } from "./broken-file.ts";
import type { BrokenSettings } from "./broken-file.ts";
import { brokenPlugins } from "./claude-plugins.ts";
import { filesAbove } from "./files-above.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What is broken in the settings that count in a directory; empty: all of them are valid.
 * @param directory absolute.
 * @param env the agent's: it says where the user's own settings are.
 * @param own the settings of the task itself, which were checked at the submit: they can turn on
 * plugins.
 */
export function brokenSettings(directory: string, env: Env, own: JsonOption | null = null): BrokenSettings[] {
  const { user, settings, mcp } = settingsFiles(directory, env);
  const home = env["CLAUDE_CODE_PLUGIN_CACHE_DIR"] || join(user, "plugins");
  return [
    ...settings.flatMap((file) => problemsIn(file, settingsProblems)),
    ...mcp.flatMap((file) => problemsIn(file, mcpProblems)),
    ...brokenPlugins({ directory, home, user }, textsOf(settings, own)),
  ];
}

/** The content of all settings that count, weakest first. */
function textsOf(files: readonly string[], own: JsonOption | null): string[] {
  const texts = [...files.map((file) => textIn(file)), own === null ? null : JSON.stringify(own), textIn(managedSettings)];
  return texts.filter((text) => text !== null);
}

/** Where an administrator's settings are; they count for every user. */
const managedSettings =
  process.platform === "darwin"
    ? "/Library/Application Support/ClaudeCode/managed-settings.json"
    : "/etc/claude-code/managed-settings.json";

/**
 * The hooks that may run under this name (`hooksIn`), from the task's own settings and all files
 * that count in its directory; each command once. These do not hold hooks of plugins.
 */
export function configuredHooks(
  { workingDirectory, settings }: { readonly workingDirectory: string; readonly settings: JsonOption | null },
  env: Env,
  event: string,
  name: string,
): ConfiguredHook[] {
  const texts = textsOf(settingsFiles(workingDirectory, env).settings, settings);
  const hooks = texts.flatMap((text) => hooksIn(text, event, name));
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
export function settingsFiles(directory: string, env: Env): SettingsFiles {
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
