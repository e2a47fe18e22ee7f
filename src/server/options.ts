/**
 * Parses the flags of the server process. All other options come from configuration and
 * environment.
 */
import { parseArgs } from "node:util";
import { parseSetting } from "../config/setting-value.ts";
import type { Settings } from "../config/settings.ts";
import { WorkerError } from "../domain/errors.ts";

export interface ServerOptions {
  readonly flags: Partial<Settings>;
  /**
   * Whether a taken port is accepted (started by `run`, not by a person): then only the unix socket
   * is served.
   */
  readonly socketOnlyIfTaken: boolean;
  /** Take over the data directory from a server that holds its lock and does not answer. */
  readonly takeover: boolean;
  /** Listen on a wildcard address although every network then reaches the server. */
  readonly dangerouslyBindAll: boolean;
  readonly foreground: boolean;
  /**
   * Only check whether a start could replace the server at this URL (empty: that server has no
   * URL); null: start.
   */
  readonly checkStartReplacing: string | null;
}

/** @throws WorkerError invalid_input. */
export function serverOptions(argv: readonly string[]): ServerOptions {
  const { values } = parse(argv);
  const flags: Record<string, unknown> = {};
  for (const key of ["port", "host", "workers", "warm"] as const) {
    const value = values[key];
    if (value !== undefined) flags[key] = parseSetting(key, value, `--${key}`);
  }
  return {
    flags,
    socketOnlyIfTaken: values["socket-only-if-taken"] === true,
    takeover: values.takeover === true,
    dangerouslyBindAll: values["dangerously-bind-all"] === true,
    foreground: values.foreground === true,
    checkStartReplacing: values["check-start-replacing"] ?? null,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        workers: { type: "string" },
        warm: { type: "string" },
        foreground: { type: "boolean" },
        takeover: { type: "boolean" },
        "dangerously-bind-all": { type: "boolean" },
        "socket-only-if-taken": { type: "boolean" },
        "check-start-replacing": { type: "string" },
      },
    });
  } catch (error) {
    throw new WorkerError("invalid_input", `${(error as Error).message}.`);
  }
}
