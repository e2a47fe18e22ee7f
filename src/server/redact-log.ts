/**
 * Keeps secrets out of the server's own log: those of its environment, of the agent's environment,
 * and its own token. Escapes characters that could control the terminal of a reader.
 */
import { readFileSync } from "node:fs";
import { visibleText } from "../domain/text/plain-text.ts";
import { redaction } from "../runner/redaction.ts";
import type { Redaction } from "../runner/redaction.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A log line (JSON) without its secrets, for pino's `streamWrite`.
 * @param tokenFile where the local token is, once the server has made it.
 */
export function redactLog(environments: readonly Environment[], tokenFile: string): (line: string) => string {
  let complete: Redaction | null = null;
  return (line) => {
    const token = complete === null ? read(tokenFile) : null;
    const secrets = complete ?? redaction(...environments, { LOCAL_TOKEN: token ?? "" });
    if (token !== null) complete = secrets;
    try {
      return `${visibleText(secrets.redact(JSON.parse(line) as object).json)}\n`;
    } catch {
      return visibleText(secrets.text(line));
    }
  };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}
