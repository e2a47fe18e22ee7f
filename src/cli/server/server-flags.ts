/** The flags that `server start` and `server restart` hand on to the server. */
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
  {
    flags: "--port <port>",
    description: "TCP port (default: 8000); 0 lets the system choose",
    parse: wholeNumber("--port", { min: 0, max: 65_535 }),
  },
  { flags: "--host <address>", description: "address to listen on (default: 127.0.0.1)" },
  {
    flags: "--workers <n>",
    description: "how many tasks run at once (default: 4)",
    parse: wholeNumber("--workers", { min: 1, max: 1000 }),
  },
  {
    flags: "--warm <n>",
    description: "how many runners wait with Claude Code already started (default: 1)",
    parse: wholeNumber("--warm", { min: 0, max: 64 }),
  },
  { flags: "--takeover", description: "take the data directory over from a server that hangs; that server can then change nothing" },
  { flags: "--dangerously-bind-all", description: "allow a wildcard --host such as 0.0.0.0: every network reaches the server then" },
];

export function serverFlags({ port, host, workers, warm, takeover = false, dangerouslyBindAll = false }: ServerOptions): string[] {
  const given = Object.entries({ port, host, workers, warm }).filter(([, value]) => value !== undefined);
  return [
    ...given.map(([name, value]) => `--${name}=${String(value)}`),
    ...(takeover ? ["--takeover"] : []),
    ...(dangerouslyBindAll ? ["--dangerously-bind-all"] : []),
  ];
}
