/** Reads what stands behind `--` of other commands: words and flags of `run`. */
import { WorkerError } from "../../domain/errors.ts";
import { parseWords } from "../commandline/parse-words.ts";
import { flagParts } from "../commandline/flags.ts";
import { command as run } from "../commands/task/run.ts";
import type { TaskFlags } from "./task-flags.ts";

export interface RunLine {
  /** The prompt's argument, as given; undefined: there is none. */
  readonly argument: string | undefined;
  readonly options: TaskFlags;
}

/**
 * @param without flags that have no meaning there, e.g. `--watch`.
 * @throws WorkerError invalid_input: what `run` would refuse, or one of these flags.
 */
export function readRunLine(behind: readonly string[], what: string, without: readonly string[]): RunLine {
  const { words, options } = parseWords(run, behind);
  const refused = without.find((flag) => options[flagParts({ flags: flag, description: "" }).key] !== undefined);
  if (refused !== undefined) throw new WorkerError("invalid_input", `${what} has no ${refused.split(" ")[0] ?? refused}. Leave it out.`);
  return { argument: words[0], options };
}
