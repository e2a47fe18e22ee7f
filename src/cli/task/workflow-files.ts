/** Reads a workflow file, and those that it names, and asks the server about them. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { CheckedWorkflow } from "../../contract/views/workflow.ts";
import { WorkerError } from "../../domain/errors.ts";
import { pathGiven } from "../commandline/path-given.ts";
import type { Io } from "../terminal/io.ts";

export interface WorkflowFiles {
  readonly file: string;
  readonly path: string;
  readonly files: Record<string, string>;
  readonly inputs: Record<string, string>;
}

/** More files than this are an endless chain. */
const maxRounds = 8;

/** @throws WorkerError invalid_input: a file cannot be read, or what is in it is wrong. */
export async function readWorkflow(
  given: string,
  inputs: readonly [string, string][],
  client: WorkerClient,
  io: Io,
): Promise<{ readonly input: WorkflowFiles; readonly checked: CheckedWorkflow }> {
  const place = pathGiven(io, given);
  const input = { file: textOf(place, given), path: given, files: {} as Record<string, string>, inputs: Object.fromEntries(inputs) };
  for (let round = 0; ; round += 1) {
    const checked = await client.validateWorkflow(input);
    const missing = checked.needs_files.filter((name) => !Object.hasOwn(input.files, name));
    if (missing.length === 0 || round === maxRounds) return { input, checked };
    for (const name of missing) input.files[name] = textOf(path.join(path.dirname(place), name), name);
  }
}

function textOf(place: string, given: string): string {
  try {
    return readFileSync(place, "utf8");
  } catch (error) {
    throw new WorkerError(
      "invalid_input",
      `The file ${given} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`,
    );
  }
}
