/** The flags that `server start` and `server restart` hand on to the server. */
import { settingNamed } from "./setting-named.ts";
import type { SettingKey } from "../../config/settings.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { wholeNumber } from "../commandline/option-values.ts";

export interface ServerOptions {
  readonly port?: number;
  readonly host?: string;
  readonly workers?: number;
  readonly warm?: number;
  readonly takeover?: boolean;
  readonly dangerouslyBindAll?: boolean;
}

export const serverOptions: readonly OptionSpec[] = [
  settingFlag("port", "<port>", "TCP port; 0 lets the system choose"),
  settingFlag("host", "<address>", "address to listen on"),
  settingFlag("workers", "<n>", "how many tasks run at once"),
  settingFlag("warm", "<n>", "how many runners wait with Claude Code already started"),
  { flags: "--takeover", description: "take the data directory over from a server that hangs; that server can then change nothing" },
  { flags: "--dangerously-bind-all", description: "allow a wildcard --host such as 0.0.0.0: every network reaches the server then" },
];

/** A flag with the bounds and the default of the setting of its name. */
function settingFlag(key: SettingKey, value: string, meaning: string): OptionSpec {
  const { type, default: whenAbsent, ...bounds } = settingNamed(key);
  const spec = { flags: `--${key} ${value}`, description: `${meaning} (default: ${String(whenAbsent)})` };
  return type === "integer" ? { ...spec, parse: wholeNumber(`--${key}`, bounds) } : spec;
}

export function serverFlags({ port, host, workers, warm, takeover = false, dangerouslyBindAll = false }: ServerOptions): string[] {
  const given = Object.entries({ port, host, workers, warm }).filter(([, value]) => value !== undefined);
  return [
    ...given.map(([name, value]) => `--${name}=${String(value)}`),
    ...(takeover ? ["--takeover"] : []),
    ...(dangerouslyBindAll ? ["--dangerously-bind-all"] : []),
  ];
}
