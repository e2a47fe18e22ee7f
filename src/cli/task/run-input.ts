/** Makes a submit's body of a `run` line: of `run` itself, and of what submits it later. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskInput } from "../../contract/task-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { taskOptions } from "../../domain/task/options.ts";
import type { OptionName } from "../../domain/task/options.ts";
import { directoryOf } from "../../domain/task/untrusted-directory.ts";
import { pathGiven } from "../commandline/path-given.ts";
import { withServer } from "../server/connection.ts";
import type { Connection } from "../server/connection.ts";
import type { Io } from "../terminal/io.ts";
import { taskFields } from "./task-flags.ts";
import type { TaskFlags } from "./task-flags.ts";

/**
 * What this call's environment and file say, by the fields of a submit. The server has settings of
 * its own.
 */
function settingFields({ settings, origins }: Pick<Connection, "settings" | "origins">): Record<string, unknown> {
  const own = taskOptions.flatMap((row) => {
    const key = "setting" in row && row.setting.at === "submit" ? row.setting.key : null;
    return key === null || origins[key] === "default" ? [] : [[row.name, settings[key]] as const];
  });
  return Object.fromEntries(own);
}

/** Without when it starts. The directory is the current one where none is given. */
export async function runInput(
  prompt: string,
  options: TaskFlags,
  connection: Pick<Connection, "settings" | "origins">,
  io: Io,
): Promise<TaskInput> {
  return { prompt, ...(await ownFields(options, connection, io)), working_directory: pathGiven(io, options.dir ?? ".") };
}

/** The options that the flags give, and those of settings, which count less than others. */
export async function ownFields(options: TaskFlags, connection: Pick<Connection, "settings" | "origins">, io: Io) {
  const own = settingFields(connection);
  const fields = await taskFields(options, io);
  // A template and defaults of the task's group count before settings.
  const from = Object.keys(own).filter((name) => !Object.hasOwn(fields, name)) as OptionName[];
  return { ...own, ...(from.length === 0 ? {} : { from_settings: from }), ...fields };
}

interface Trusting {
  readonly io: Io;
  readonly connection: Connection;
  /** Whether the person wants to trust the directory. */
  readonly trust: boolean;
  readonly input: Pick<TaskInput, "working_directory">;
  /** Whether a request whose answer was lost may be sent again. */
  readonly isRepeatable: boolean;
}

/** Sends a submit; trusts its directories after a question where that was wanted. */
export async function submitTrusting<T>(
  { io, connection, trust, input, isRepeatable }: Trusting,
  submit: (client: WorkerClient) => Promise<T>,
): Promise<T> {
  const { client } = connection;
  for (const asked = new Set<string>(); ;) {
    try {
      return await withServer(io, connection, async () => await submit(client), { isRepeatable });
    } catch (error) {
      if (!trust || !(error instanceof WorkerError) || error.code !== "untrusted_directory") throw error;
      const directory = directoryOf(error, input);
      if (asked.has(directory)) throw error;
      asked.add(directory);
      const { confirmTrust } = await import("./confirm-trust.ts");
      await confirmTrust(directory, io);
      await withServer(io, connection, async () => await client.addTrust({ directory, commands: true }), { isRepeatable: true });
    }
  }
}

/**
 * With it a submit whose answer got lost is sent again and makes no second task. Loading
 * node:crypto for a UUID would take milliseconds.
 */
export function newKey(): string {
  const random = (): string => Math.random().toString(36).slice(2);
  return `run-${random()}${random()}`;
}
