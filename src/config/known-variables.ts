/** Finds `CLAUDE_WORKER_*` variables that have no meaning, so that a mistyped one is reported. */
import { didYouMean } from "../domain/text/did-you-mean.ts";
import { settingDefinitions } from "./settings.ts";

const prefix = "CLAUDE_WORKER_";

/**
 * Further names beside those of settings: paths, secrets, and what the processes of Claude Worker
 * pass to each other.
 */
const others = ["HOME", "DB", "LOG_DIR", "CONFIG", "TOKEN", "LOG_LEVEL", "RUNNER", "READY_FD", "AGENT_MODULE", "FAILPOINTS"];

/**
 * Sentences about variables that Claude Worker does not know. They are warnings, because an
 * environment may hold names of other programs.
 */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...others, ...settingDefinitions.map(({ env: name }) => name.slice(prefix.length))];
  const unknown = Object.keys(env).filter((name) => name.startsWith(prefix) && !known.includes(name.slice(prefix.length)));
  return unknown.toSorted().map((name) => {
    // Compared without the common prefix, which would make every name look similar.
    const near = didYouMean(name.slice(prefix.length), known);
    return `${name} is not a variable of Claude Worker and has no effect.${near === null ? "" : ` Did you mean ${prefix}${near}?`}`;
  });
}
