/** The flag for inputs of workflows, and the number of a run. */
import { WorkerError } from "../../domain/errors.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { assignment } from "./assignment.ts";

export interface InputFlags {
  readonly input?: readonly [string, string][];
}

export const inputFlag: OptionSpec = {
  flags: "--input <name=value>",
  description: "an input of the file; may be given several times",
  parse: (text) => [assignment("--input", text)],
  repeat: true,
};

/** `1 task`, `9 tasks`. */
export function taskCount({ tasks }: { readonly tasks: readonly unknown[] }): string {
  return tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
}

/** @throws WorkerError invalid_input: it is not a number. */
export function runNumber(word: string): number {
  if (/^\d{1,15}$/.test(word)) return Number(word);
  throw new WorkerError("invalid_input", `${word} is not the number of a run. See which there are: claude-worker workflow list`);
}
