/**
 * Translates the API's refusals into the words of the command line: names the flag or the argument
 * instead of the field of the request's body.
 */
import { WorkerError } from "../../domain/errors.ts";
import type { InputProblem } from "../../domain/errors.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import type { CommandSpec } from "./command.ts";
import { flagParts } from "./flags.ts";

/** Flags of fields that no rule gives. */
const flagOf: Readonly<Record<string, string>> = {
  ...Object.fromEntries(optionRows.map(({ name, flag }) => [name, flagParts({ flags: flag.spelled, description: "" }).long])),
  working_directory: "--dir",
  expires_at: "--expires",
  created_after: "--since",
  created_before: "--before",
};

/**
 * Replaces fields by flags in an error. Leaves the error unchanged when its sentence names no field
 * (the sentence is then written for people), or when a field has no flag in the command.
 */
export function withFlagNames(error: unknown, command: CommandSpec): unknown {
  if (!(error instanceof WorkerError)) return error;
  const [first] = error.problems;
  if (first === undefined || !error.message.includes(` at ${first.pointer}: `)) return error;
  const problems = error.problems.map(({ pointer, detail }) => ({ pointer, detail: inWords(detail) }));
  const sentences = problems.map((problem) => sentenceAbout(problem, command));
  if (sentences.includes(null)) return error;
  return new WorkerError(error.code, [...new Set(sentences)].join(" "), problems, error);
}

function sentenceAbout({ pointer, detail }: InputProblem, command: CommandSpec): string | null {
  const field = pointer.split("/")[1] ?? "";
  const flag = flagNameOf(field);
  if ((command.arguments ?? []).some(({ name }) => name.slice(1, -1) === field)) return `<${field}>: ${detail}.`;
  const isOurs = (command.options ?? []).some((option) => flagParts(option).long === flag);
  return isOurs ? `${flag}: ${detail}.` : null;
}

/** The flag of a field: `--max-turns` of `max_turns`, `--label` of `labels`. */
export function flagNameOf(field: string): string {
  return flagOf[field] ?? `--${field.replace(/_ms$/, "").replaceAll("_", "-")}`;
}

/** The schema library's sentences about texts, as a person would say them. */
function inWords(detail: string): string {
  return detail
    .replace(/\.$/, "")
    .replace(/^Too small: expected string to have >=1 characters$/, "must not be empty")
    .replace(/^Too big: expected string to have <=(\d+) characters$/, "must have at most $1 characters")
    .replace(/^Too big: expected array to have <=(\d+) items$/, "may be given at most $1 times");
}
