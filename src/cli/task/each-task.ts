/** The same verb for several tasks: one that fails does not keep the others from being done. */
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import type { Call } from "../commandline/command.ts";
import { reading } from "../server/connection.ts";
import { exitCodeOf, exitCodes } from "../commandline/exit-codes.ts";
import type { ExitCode } from "../commandline/exit-codes.ts";
import { writeJson } from "../terminal/io.ts";
import { painter } from "../terminal/render/colour.ts";
import { actTaskId } from "./task-reference.ts";
import { say } from "../terminal/render/wrap.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

interface Failure {
  readonly id: TaskRef;
  readonly error: unknown;
}

/**
 * Does `verb` for each id in turn. JSON: `{"tasks":[…]}`, with `"errors":[{"id","code","message"}]`
 * for those that failed.
 * @param line what a person reads for one that is done.
 * @param fitting the tasks that fit a filter, instead of those that the call names. One that has
 * left it meanwhile is passed over.
 * @throws what `verb` throws when there is one id only, or when the server cannot be reached.
 */
export async function eachTask<T>(
  call: Call<object>,
  verb: (id: TaskRef) => Promise<T>,
  line: (done: T) => string,
  fitting: readonly TaskRef[] | null = null,
): Promise<ExitCode> {
  const { io, options } = call;
  // Nothing is changed when one of the references is wrong.
  const { found } = await reading(io, async (client) => await Promise.all(call.words.map(async (word) => await actTaskId(client, word))));
  const ids = fitting ?? [...new Set(found)];
  const done: T[] = [];
  const failures: Failure[] = [];
  for (const id of ids) {
    try {
      const result = await verb(id);
      done.push(result);
      if (options.json !== true) say(io.stdout, line(result));
    } catch (error) {
      if (fitting !== null && hasLeft(error)) continue;
      if (ids.length === 1 || !(error instanceof WorkerError) || error.code === "server_unreachable") throw error;
      failures.push({ id, error });
      if (options.json !== true) say(io.stderr, `${painter(io.stderr).red("Error:")} ${plainText(error.message)}`);
    }
  }
  if (options.json === true) writeJson(io.stdout, { tasks: done, ...(failures.length === 0 ? {} : { errors: failures.map(problemOf) }) });
  else if (fitting !== null && done.length + failures.length === 0) say(io.stderr, "No task fits, so nothing was done.");
  const [first] = failures;
  return first === undefined ? exitCodes.ok : exitCodeOf(first.error);
}

/** It ended, began again or was removed since the list was read. */
function hasLeft(error: unknown): boolean {
  return error instanceof WorkerError && (error.code === "conflict" || error.code === "not_found");
}

function problemOf({ id, error }: Failure): { id: TaskRef; code: string; message: string } {
  return { id, code: error instanceof WorkerError ? error.code : "internal", message: messageOf(error) };
}
