/** Compares what the running server was started with to what a start from here would give it. */
import { settingDefinitions } from "../../config/settings.ts";
import type { SettingKey, Settings } from "../../config/settings.ts";
import type { ConfigView } from "../../contract/views/config.ts";
import { settingText } from "../server/setting-text.ts";
import { warn } from "./check.ts";
import type { Check } from "./check.ts";

const restart = "claude-worker server restart";

export interface Here {
  /** Of this call's file and environment. */
  readonly settings: Settings;
  /** PATH that an agent would get of this call's environment. */
  readonly path: string;
  /** Whether the server runs on this machine: a remote one's PATH says nothing here. */
  readonly isLocal: boolean;
}

/** One warning for each difference. */
export function checkRunningSettings(server: ConfigView, here: Here): Check[] {
  const running = new Map(server.settings.map((each) => [each.key, each]));
  const settings = settingDefinitions.flatMap(({ key }) => {
    const difference = differenceOf(key, running.get(key), here);
    return difference === null ? [] : [warn("Settings", difference, `Needs a restart of the server: ${restart}`)];
  });
  if (!here.isLocal || server.environment.path === here.path) return settings;
  return [
    ...settings,
    warn("PATH", `the server's is not this shell's: ${server.environment.path}`, `Where tasks need this shell's: ${restart}`),
  ];
}

function differenceOf(key: SettingKey, running: ConfigView["settings"][number] | undefined, here: Here): string | null {
  if (running === undefined || clientOnly.has(key)) return null;
  // Values in which a secret may stand are compared by the server alone.
  if (running.needs_restart) return `${key}: the file has another value than the running server`;
  const own = here.settings[key];
  const isShown = !JSON.stringify(running.value).includes("[redacted]") && !JSON.stringify(own ?? null).includes("=");
  if (!here.isLocal || running.origin === "flag" || !isShown || JSON.stringify(own) === JSON.stringify(running.value)) return null;
  return `${key}: this shell's is ${settingText(key, own) || "unset"}, the running server has ${settingText(key, running.value as Settings[SettingKey]) || "unset"}`;
}

/** What the command line itself reads: the server does not use it. */
const clientOnly: ReadonlySet<SettingKey> = new Set<SettingKey>(["server_url"]);
