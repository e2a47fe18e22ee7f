/** `run --template`: submits a task of a template. */
import type { TaskView } from "../../contract/views/task.ts";
import { WorkerError } from "../../domain/errors.ts";
import { pathGiven } from "../commandline/path-given.ts";
import { withServer } from "../server/connection.ts";
import type { Connection } from "../server/connection.ts";
import type { Io } from "../terminal/io.ts";
import { orderFields } from "./order-flags.ts";
import type { OrderFlags } from "./order-flags.ts";
import { readPiped } from "./read-prompt.ts";
import { newKey, ownFields, submitTrusting } from "./run-input.ts";
import type { TaskFlags } from "./task-flags.ts";

export interface TemplateRunFlags extends TaskFlags, OrderFlags {
  readonly template?: string;
  readonly var?: readonly [string, string][];
  readonly trust?: boolean;
}

/**
 * What the call names counts more than the template, and the template more than settings. Text that
 * is piped in follows the prompt.
 * @throws WorkerError invalid_input, not_found.
 */
export async function runTemplate(
  { template = "", var: vars = [], trust = false, ...options }: TemplateRunFlags,
  argument: string | undefined,
  connection: Connection,
  io: Io,
): Promise<TaskView> {
  if (argument !== undefined)
    throw new WorkerError(
      "invalid_input",
      `The template ${template} has the prompt. Leave yours out, or pipe text in, which follows the prompt.`,
    );
  const { client } = connection;
  const { options: stored } = await withServer(io, connection, async () => await client.getTemplate({ template }), { isRepeatable: true });
  const own = stored["working_directory"];
  const directory = options.dir === undefined && typeof own === "string" ? own : pathGiven(io, options.dir ?? ".");
  const piped = await readPiped(io);
  const input = {
    template,
    vars: Object.fromEntries(vars),
    ...(piped === null ? {} : { context: piped }),
    ...(await ownFields(options, connection, io)),
    ...(await orderFields(options, client)),
    working_directory: directory,
  };
  const idempotencyKey = newKey();
  const call = { io, connection, trust, input, isRepeatable: true };
  return await submitTrusting(call, async (worker) => await worker.runTemplate(input, { idempotencyKey }));
}
