/** Images that a flag names: read and judged before the server hears of them. */
import { basename } from "node:path";
import { readForeign } from "../../config/read-foreign.ts";
import { WorkerError } from "../../domain/errors.ts";
import { attachmentProblem, attachmentsProblem, maxImageBytes } from "../../domain/task/attachment.ts";
import type { GivenAttachment } from "../../domain/task/attachment.ts";
import { pathGiven } from "../commandline/path-given.ts";
import type { Io } from "../terminal/io.ts";

/** @param flag for the sentences of errors: `--file`. @throws WorkerError invalid_input. */
export function attachmentsGiven(flag: string, paths: readonly string[], io: Pick<Io, "cwd">): GivenAttachment[] {
  const read = paths.map((given) => {
    const bytes = bytesOf(flag, given, io);
    return { name: basename(given), data: bytes.toString("base64"), bytes: bytes.length };
  });
  const problem = attachmentsProblem(read);
  if (problem !== null) throw invalid(flag, problem);
  return read.map(({ name, data }) => ({ name, data }));
}

function bytesOf(flag: string, given: string, io: Pick<Io, "cwd">): Buffer {
  const found = readForeign(pathGiven(io, given), maxImageBytes);
  if (found === null) throw invalid(flag, `there is no file ${given}.`);
  if ("problem" in found) throw invalid(flag, `${given} ${found.problem}${/larger/.test(found.problem) ? ". Make it smaller" : ""}.`);
  const problem = attachmentProblem(found.bytes.toString("base64"));
  if (problem !== null) throw invalid(flag, `${given} ${found.bytes.length === 0 ? "is empty" : problem}.`);
  return found.bytes;
}

function invalid(flag: string, sentence: string): WorkerError {
  return new WorkerError("invalid_input", `${flag}: ${sentence}`);
}
