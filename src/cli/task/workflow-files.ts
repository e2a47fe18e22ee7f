/** Reads a workflow file, and those that it names, and asks the server about them. */
import { statSync } from "node:fs";
import path from "node:path";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { CheckedWorkflow } from "../../contract/views/workflow.ts";
import { WorkerError } from "../../domain/errors.ts";
import { maxWorkflowBytes } from "../../domain/workflows/workflow.ts";
import { pathGiven } from "../commandline/path-given.ts";
import type { Io } from "../terminal/io.ts";
import { readAtMost } from "./read-at-most.ts";

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
    for (const name of missing) input.files[name] = textOf(path.join(path.dirname(place), name), name, { isNamedInFile: true });
  }
}

/**
 * @param isNamedInFile whether another file names it. Only one that a person names may be a FIFO,
 * which is what the shell makes of `<(…)`: to open one without a writer waits for ever.
 */
function textOf(place: string, given: string, { isNamedInFile = false } = {}): string {
  const fail = (why: string): WorkerError => new WorkerError("invalid_input", `The file ${given} ${why}.`);
  try {
    const found = statSync(place);
    if (!found.isFile() && !found.isDirectory() && (isNamedInFile || !found.isFIFO()))
      throw fail("is a device, a pipe or a socket, and only files are read as workflows");
    const most = maxWorkflowBytes;
    return readAtMost(place, most, () => fail(`has more than ${most / 1024} KB, and a workflow file has at most that`)).toString("utf8");
  } catch (error) {
    if (error instanceof WorkerError) throw error;
    throw fail(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
}
