/** Which `CLAUDE_WORKER_*` variables mean something, so that a mistyped one is told. */
import { didYouMean } from "../domain/text/did-you-mean.ts";
import { settingDefinitions } from "./settings.ts";

const prefix = "CLAUDE_WORKER_";

/** Beside the settings' own: places, secrets, and what our processes tell each other. */
const others = ["HOME", "DB", "LOG_DIR", "CONFIG", "TOKEN", "LOG_LEVEL", "RUNNER", "READY_FD", "AGENT_MODULE", "FAILPOINTS"];

/**
 * Sentences about the variables that mean nothing to us: no errors, for an environment may hold
 * other programs' names.
 */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...others, ...settingDefinitions.map(({ env: name }) => name.slice(prefix.length))];
  const unknown = Object.keys(env).filter((name) => name.startsWith(prefix) && !known.includes(name.slice(prefix.length)));
  return unknown.toSorted().map((name) => {
    // Without what all of them begin with: that alone would make every name look near.
    const near = didYouMean(name.slice(prefix.length), known);
    return `${name} is no variable of Claude Worker and changes nothing.${near === null ? "" : ` Did you mean ${prefix}${near}?`}`;
  });
}
