/** Reads `name=value` of flags. */
import { WorkerError } from "../../domain/errors.ts";

/** `branch=main`. @throws WorkerError invalid_input. */
export function assignment(flag: string, text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)];
  throw new WorkerError("invalid_input", `${flag} needs a name and a value, e.g. ${flag} branch=main`);
}
