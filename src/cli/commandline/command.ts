/**
 * Defines a command of the command line: its words, flags and examples as data, and the function
 * that runs it.
 */
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "../terminal/io.ts";

export interface CommonOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
}

export interface Call<Options> {
  readonly words: readonly string[];
  readonly options: Options & CommonOptions;
  readonly io: Io;
  /** The words behind `--` of a command with a `runLine`; null or absent: there are none. */
  readonly behind?: readonly string[] | null;
}

export interface ArgumentSpec {
  /** `<id>` required, `[id]` optional, `<id...>` several. */
  readonly name: string;
  readonly description: string;
  /** What completes it: ids of tasks, files, directories or these words. */
  readonly completes?: Completion;
  /** Takes any text: it may begin with a dash (behind `--`). */
  readonly isText?: boolean;
}

export type Completion = "tasks" | "files" | "directories" | readonly string[];

export interface OptionSpec {
  /** `-d, --dir <path>`; without `<…>` it is a switch. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** From text to value. @throws WorkerError invalid_input. */
  readonly parse?: (text: string) => unknown;
  /** May be given several times; the values become a list. */
  readonly repeat?: boolean;
  /**
   * With `repeat`: words that follow a value and look like this belong to it too
   * (`--allow Read Edit`).
   */
  readonly also?: RegExp;
  readonly completes?: Completion;
}

export interface Example {
  readonly command: string;
  readonly does: string;
}

export interface CommandSpec {
  /** One or two words: `list`, `server start`. */
  readonly name: string;
  readonly alias?: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** More to know, as paragraphs. */
  readonly details?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /**
   * What the command calls fields of the API that are neither its arguments nor its flags by name:
   * refusals name these.
   */
  readonly fields?: Readonly<Record<string, string>>;
  readonly examples: readonly Example[];
  /**
   * Every word and flag after the name is an argument for another program: none is parsed here, not
   * even `--help`.
   */
  readonly passesWordsOn?: boolean;
  /**
   * Acts on this machine without the server, whose rules for agents then do not hold: refused from
   * inside a task.
   */
  readonly forPeople?: boolean;
  /**
   * What stands behind `--`, for people: words and flags of `run`, which the command reads from
   * `behind`.
   */
  readonly runLine?: string;
  /** Hidden from help and documentation: other commands use it internally. */
  readonly hidden?: boolean;
}

export interface Command extends CommandSpec {
  run(call: Call<never>): Promise<ExitCode>;
}

/**
 * A command whose `run` reads its own options; they have the names and types that `options`
 * describe.
 */
export function defineCommand<Options>(spec: CommandSpec & { run(call: Call<Options>): Promise<ExitCode> }): Command {
  return spec;
}

/** The flags that every command has. */
export const commonOptions: readonly OptionSpec[] = [
  { flags: "--json", description: "print JSON on the standard output, errors included" },
  { flags: "--debug", description: "show the stack trace of an error" },
];
