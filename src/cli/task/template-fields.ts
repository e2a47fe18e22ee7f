/** Reads the flags of `template add` and `template edit`, and the `run` line behind them. */
import { WorkerError } from "../../domain/errors.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { pathGiven } from "../commandline/path-given.ts";
import type { Io } from "../terminal/io.ts";
import { readPrompt, readPromptFile } from "./read-prompt.ts";
import { assignment } from "./assignment.ts";
import { readRunLine } from "./run-line.ts";
import { taskFields } from "./task-flags.ts";

export interface TemplateFlags {
  readonly file?: string;
  readonly default?: readonly [string, string][];
}

const without = [
  "--after <x>",
  "--not-before <x>",
  "--delay <x>",
  "--stash",
  "--watch",
  "--trust",
  "--template <x>",
  "--var <x>",
  "--attach <x>",
];

export const templateFlags: readonly OptionSpec[] = [
  { flags: "-f, --file <path>", description: "the prompt is the text of this file", completes: "files" },
  {
    flags: "--default <name=value>",
    description: "a variable's value where a caller gives none; may be given several times",
    parse: (text) => [assignment("--default", text)],
    repeat: true,
  },
];

export interface GivenTemplate {
  /** Null: the call has none. */
  readonly prompt: string | null;
  readonly defaults: Record<string, string>;
  readonly options: Record<string, unknown>;
}

/** @throws WorkerError invalid_input. */
export async function templateFields(options: TemplateFlags, behind: readonly string[] | null, io: Io): Promise<GivenTemplate> {
  const line = readRunLine(behind ?? [], "A template", without);
  if (options.file !== undefined && line.argument !== undefined)
    throw new WorkerError("invalid_input", "--file and the words behind -- both give a prompt. Give one of them.");
  const { dir } = line.options;
  return {
    prompt:
      options.file !== undefined
        ? readPromptFile(options.file, io)
        : line.argument === undefined
          ? null
          : await readPrompt(line.argument, io),
    defaults: Object.fromEntries(options.default ?? []),
    options: { ...(await taskFields(line.options, io)), ...(dir === undefined ? {} : { working_directory: pathGiven(io, dir) }) },
  };
}
