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
 * Replaces fields by flags and arguments in an error: in its sentence, and in the places of its
 * problems. JSON keeps the pointers. @returns the error itself where nothing is to be replaced.
 */
export function withFlagNames(error: unknown, command: CommandSpec): unknown {
  // Others carry more than a sentence.
  if (!(error instanceof WorkerError) || error.constructor !== WorkerError) return error;
  const problems = error.problems.map(({ pointer, detail }) => ({
    pointer,
    detail: inWords(detail),
    place: placeOf(pointer, command, detail),
  }));
  const [first] = problems;
  const isOfSchema = first !== undefined && first.pointer !== "" && error.message.includes(` at ${first.pointer}: `);
  const message = isOfSchema ? [...new Set(problems.map(sentenceAbout))].join(" ") : withoutFields(error.message, first, command);
  if (message === error.message && first === undefined) return error;
  return new WorkerError(error.code, message, problems, error);
}

function sentenceAbout({ place, detail }: InputProblem & { readonly place: string }): string {
  return `${place}: ${detail}.`;
}

/**
 * A sentence for people, with flags in the place of fields: those in backticks, and the one that it
 * begins with.
 */
function withoutFields(message: string, first: InputProblem | undefined, command: CommandSpec): string {
  const field = fieldIn(first?.pointer ?? "");
  const start = field !== "" && message.startsWith(`${field} `) ? nameOf(field, command) : null;
  const named = start === null ? message : `${start}${message.slice(field.length)}`;
  return named.replaceAll(/`([a-z][a-z_]*)`/g, (whole, word: string) => nameOf(word, command) ?? whole);
}

/** Where in a call of the command the wrong value stands; empty: the detail names a line. */
function placeOf(pointer: string, command: CommandSpec, detail: string): string {
  if (/^[^\s:]+:\d+:\d+: /.test(detail)) return "";
  const field = fieldIn(pointer);
  return nameOf(field, command) ?? (field === "" ? "the request" : field.replaceAll("_", " "));
}

function fieldIn(pointer: string): string {
  const [, first = "", second] = pointer.split("/");
  // A schedule's task is a submit of its own.
  return first === "task" && second !== undefined ? second : first;
}

/** What the command calls a field: its argument or its flag; null: it has neither. */
function nameOf(field: string, { arguments: given = [], options = [], fields = {} }: CommandSpec): string | null {
  const own = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (own !== undefined) return own;
  const argument = given.find(({ name }) => name.replaceAll(/[<>[\].]/g, "") === field);
  if (argument !== undefined) return `<${field}>`;
  const flag = flagNameOf(field);
  return options.some((option) => flagParts(option).long === flag) ? flag : null;
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
