/** Reads a channel's secret from a file or the standard input: others could see an argument. */
import { readForeign } from "../../../config/read-foreign.ts";
import { requireOwnFile } from "../../../config/own-directory.ts";
import { WorkerError, messageOf } from "../../../domain/errors.ts";
import { pathGiven } from "../../commandline/path-given.ts";
import type { Io } from "../../terminal/io.ts";

const maxBytes = 4096;

/** @param given a path, or `-`. @throws WorkerError invalid_input. */
export async function readSecret(flag: string, given: string, io: Io): Promise<string> {
  const bytes = given === "-" ? await inputOf(flag, io) : fileOf(flag, pathGiven(io, given));
  const secret = bytes.toString("utf8").trim();
  if (secret === "") throw invalid(flag, `${given === "-" ? "the standard input" : given} is empty. Put the secret into it.`);
  return secret;
}

function fileOf(flag: string, file: string): Buffer {
  try {
    requireOwnFile(file);
  } catch (error) {
    throw invalid(flag, messageOf(error));
  }
  const found = readForeign(file, maxBytes);
  if (found === null) throw invalid(flag, `there is no file ${file}. Give a file that holds the secret, or - for the standard input.`);
  if ("problem" in found) throw invalid(flag, `${file} ${found.problem}. Give a file that holds only the secret.`);
  return found.bytes;
}

async function inputOf(flag: string, { stdin }: Io): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stdin) {
    parts.push(Buffer.from(part as Buffer | string));
    if (Buffer.concat(parts).length > maxBytes) throw invalid(flag, "the standard input is longer than 4 KB, which no secret is.");
  }
  return Buffer.concat(parts);
}

function invalid(flag: string, sentence: string): WorkerError {
  return new WorkerError("invalid_input", `${flag}: ${sentence}`);
}
