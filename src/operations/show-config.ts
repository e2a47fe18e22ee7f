/** The server's settings as doors show them: where each value came from, and nothing that may be a secret. */
import type { LoadedSettings } from "../config/load-settings.ts";
import { settingDefinitions } from "../config/settings.ts";
import type { ConfigView } from "../contract/views.ts";

export function configOf({ settings, origins }: LoadedSettings, file: string): ConfigView {
  return {
    file,
    settings: settingDefinitions.map(({ key, description }) => ({ key, value: shown(settings[key]), origin: origins[key], description })),
  };
}

/** A list may hold `NAME=value` of the agent's environment, an address may hold a password: names are shown, values are not. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => String(each).replace(/=.*$/s, "=[redacted]"));
  if (typeof value === "string") return value.replace(/\/\/[^/@]*@/, "//[redacted]@");
  return value;
}
