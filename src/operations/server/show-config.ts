/**
 * Makes the view of the server's settings: the source of each value, and the variables that tasks
 * get. It shows nothing that may be a secret.
 */
import { agentEnvironment } from "../../config/agent-env.ts";
import { credentialsIn } from "../../config/credentials.ts";
import { loadSettings } from "../../config/load-settings.ts";
import type { LoadedSettings } from "../../config/load-settings.ts";
import { settingDefinitions } from "../../config/settings.ts";
import type { Settings } from "../../config/settings.ts";
import type { ConfigView } from "../../contract/views/config.ts";

/**
 * @param file config.json, read again because it may have changed since the start.
 * @param env the server's environment.
 */
export function configOf(
  { settings, origins }: LoadedSettings,
  { file, env }: { readonly file: string; readonly env: Readonly<Record<string, string | undefined>> },
): ConfigView {
  const next = settingsInFile(file, env);
  const agentEnv = agentEnvironment(env, settings.agent_env);
  return {
    file,
    settings: settingDefinitions.map(({ key, description }) => ({
      key,
      value: shown(settings[key]),
      origin: origins[key],
      // A flag counts after a restart only when it is given again.
      needs_restart: next !== null && origins[key] !== "flag" && JSON.stringify(next[key]) !== JSON.stringify(settings[key]),
      description,
    })),
    environment: { path: agentEnv["PATH"] ?? "", credentials: credentialsIn(agentEnv) },
  };
}

/**
 * The settings of a server that would start now with this environment; null when the file cannot be
 * read.
 */
function settingsInFile(file: string, env: Readonly<Record<string, string | undefined>>): Settings | null {
  try {
    return loadSettings({ file, env, onProblem: () => {} }).settings;
  } catch {
    return null; // `claude-worker config list` reports the reason.
  }
}

/**
 * The value without secrets: a list may hold `NAME=value` of the agent's environment, of which only
 * the name is shown; an address may hold a password.
 */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => String(each).replace(/=.*$/s, "=[redacted]"));
  if (typeof value === "string") return value.replace(/\/\/[^/@]*@/, "//[redacted]@");
  return value;
}
