/**
 * The settings for the `config` commands, which are what a wrong one is found and fixed with: they
 * work all the same.
 */
import { loadSettings } from "../../config/load-settings.ts";
import type { LoadedSettings, SettingProblem } from "../../config/load-settings.ts";
import { pathsFrom } from "../../config/paths.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Io } from "../terminal/io.ts";
import { requireNamedConfig } from "./server-place.ts";
import { say } from "../terminal/render/wrap.ts";

/**
 * Loads the settings. Treats a wrong value as not given, and returns its error beside the settings.
 * @throws WorkerError invalid_input when the file is not JSON.
 */
export function settingsOf({ env }: Io): LoadedSettings & { readonly problems: readonly SettingProblem[] } {
  requireNamedConfig(env);
  const problems: SettingProblem[] = [];
  const loaded = loadSettings({ file: pathsFrom(env).config, env, onProblem: (problem) => void problems.push(problem) });
  return { ...loaded, problems };
}

export function warnOfProblems(problems: readonly SettingProblem[], io: Io): void {
  for (const { key, origin, error } of problems) {
    const fix = origin === "file" ? `Take it out: claude-worker config set ${key} --unset` : "Fix or unset the variable.";
    say(io.stderr, `Warning: ${plainLine(error.message, 1000)} ${fix}`);
  }
}
