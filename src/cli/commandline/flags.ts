/** The parts of a flag's description `-d, --dir <path>`. */
import type { OptionSpec } from "./command.ts";

export interface FlagParts {
  /** `-d`, or null. */
  readonly short: string | null;
  /** `--dir`. */
  readonly long: string;
  /** `<path>` without the brackets, or null: a switch. */
  readonly value: string | null;
  /** The name of its value among the options: `maxTurns` of `--max-turns`. */
  readonly key: string;
}

export function flagParts({ flags }: OptionSpec): FlagParts {
  const long = /--[a-z-]+/.exec(flags)?.[0] ?? flags;
  return {
    short: /^-[a-zA-Z]\b/.exec(flags)?.[0] ?? null,
    long,
    value: /<([^>]+)>/.exec(flags)?.[1] ?? null,
    key: long.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  };
}
