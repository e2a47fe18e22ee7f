/**
 * The server's settings as doors show them: where each value came from, what tasks get of its
 * environment, and nothing that may be a secret.
 */
import { agentEnvironment } from "../../config/agent-env.ts";
import { credentialsIn } from "../../config/credentials.ts";
import { loadSettings } from "../../config/load-settings.ts";
import type { LoadedSettings } from "../../config/load-settings.ts";
import { settingDefinitions } from "../../config/settings.ts";
import type { Settings } from "../../config/settings.ts";
import type { ConfigView } from "../../contract/views.ts";

/**
 * @param file config.json, which is read again: it may have changed since the start. @param env the
 * server's environment.
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
      // A flag of the start counts again only where it is given again.
      needs_restart: next !== null && origins[key] !== "flag" && JSON.stringify(next[key]) !== JSON.stringify(settings[key]),
      description,
    })),
    environment: { path: agentEnv["PATH"] ?? "", credentials: credentialsIn(agentEnv) },
  };
}

/**
 * What a server that starts now with this environment would have; null where the file cannot be
 * read.
 */
function settingsInFile(file: string, env: Readonly<Record<string, string | undefined>>): Settings | null {
  try {
    return loadSettings({ file, env, onProblem: () => {} }).settings;
  } catch {
    return null; // Its command says why: claude-worker config list.
  }
}

/**
 * A list may hold `NAME=value` of the agent's environment, an address may hold a password: names
 * are shown, values are not.
 */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => String(each).replace(/=.*$/s, "=[redacted]"));
  if (typeof value === "string") return value.replace(/\/\/[^/@]*@/, "//[redacted]@");
  return value;
}
