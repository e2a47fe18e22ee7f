/**
 * Reads the value of a flag that takes JSON in one of Claude Code's own formats. The JSON comes
 * from one of the user's files or stands in the word itself.
 */
import { requireOwnFile } from "../../config/own-directory.ts";
import { readForeign } from "../../config/read-foreign.ts";
import { WorkerError, messageOf } from "../../domain/errors.ts";
import { joinedJson, jsonProblems } from "../../domain/task/option-json.ts";
import type { JsonForm, JsonOption } from "../../domain/task/option-json.ts";
import { pathGiven } from "../commandline/path-given.ts";
import type { Io } from "../terminal/io.ts";

/** Claude Code reads no larger file either. */
const maxBytes = 2 * 1024 * 1024;

interface JsonFlag {
  /** `--settings`. */
  readonly flag: string;
  readonly form: JsonForm;
}

/**
 * Joins the values of all words of one flag.
 * @throws WorkerError invalid_input: the file is missing, it belongs to another user, or a part of
 * it would have no effect.
 */
export function jsonGiven(flag: JsonFlag, words: readonly string[], io: Pick<Io, "cwd">): JsonOption {
  return joinedJson(
    flag.form,
    words.map((word) => valueOf(flag, word, io)),
  );
}

function valueOf({ flag, form }: JsonFlag, word: string, io: Pick<Io, "cwd">): JsonOption {
  const isJson = word.trimStart().startsWith("{");
  const text = isJson ? word : textOf(flag, pathGiven(io, word));
  const [first] = jsonProblems(form, text);
  if (first === undefined) return JSON.parse(text) as JsonOption;
  const where = [isJson ? "" : `${word}, `, first.line === null ? "" : `line ${first.line}: `].join("").replace(/, $/, ": ");
  throw invalid(flag, `${where}${first.problem}`);
}

function textOf(flag: string, file: string): string {
  try {
    requireOwnFile(file);
  } catch (error) {
    throw invalid(flag, messageOf(error));
  }
  const found = readForeign(file, maxBytes);
  if (found === null) throw invalid(flag, `there is no file ${file}. Give a file, or JSON that begins with {`);
  if ("problem" in found) throw invalid(flag, `${file} ${found.problem}`);
  return found.bytes.toString("utf8").replace(/^\u{FEFF}/u, "");
}

function invalid(flag: string, sentence: string): WorkerError {
  return new WorkerError("invalid_input", `${flag}: ${sentence}${/[.?!]$/.test(sentence) ? "" : "."}`);
}
