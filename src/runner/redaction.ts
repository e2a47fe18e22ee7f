/** Keeps secrets out of journals: the values of secret-looking variables, and texts of well-known shapes. It finds nothing that was encoded. */

const replacement = "[redacted]";

/** Names of variables whose values are secrets. */
const secretName = /(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH)(?:$|_)/i;

/** Shorter values would hit ordinary words. */
const shortestSecret = 8;

/** Anthropic, GitHub, AWS, JSON web tokens, bearer headers. */
const shapes = [
  /sk-ant-[A-Za-z0-9_-]{8,}/,
  /gh[pousr]_[A-Za-z0-9]{20,}/,
  /github_pat_[A-Za-z0-9_]{20,}/,
  /AKIA[0-9A-Z]{16}/,
  /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/,
  /(?<=\b[Bb]earer )[A-Za-z0-9._~+/-]{16,}=*/,
].map((shape) => shape.source);

/** Fields that say what a message is: a secret that happens to be such a word must not change them. */
const structural = new Set(["type", "subtype", "role", "session_id", "uuid", "_at", "parent_tool_use_id", "tool_use_id"]);

export interface Redaction {
  /** A value without its secrets, and as JSON on one line. The same object when it has none. */
  redact<T extends object>(value: T): { readonly value: T; readonly json: string };
  /** A text without its secrets. */
  text(text: string): string;
}

/** @param environments whose secrets are to be kept out (the agent's, and one's own). */
export function redaction(...environments: readonly Readonly<Record<string, string | undefined>>[]): Redaction {
  const secrets = new Set(environments.flatMap(secretsOf));
  // Inside JSON a secret may be written with escapes: the quick look must see both forms. Longest first: one may begin like another.
  const written = [...secrets].toSorted((a, b) => b.length - a.length).map(literally);
  const escaped = [...secrets].map((secret) => literally(JSON.stringify(secret).slice(1, -1)));
  const inText = new RegExp([...written, ...shapes].join("|"), "g");
  const inJson = new RegExp([...escaped, ...shapes].join("|"));
  const text = (value: string): string => value.replace(inText, replacement);
  return {
    text,
    redact: <T extends object>(value: T) => {
      const json = JSON.stringify(value);
      if (!inJson.test(json)) return { value, json };
      const clean = JSON.stringify(value, (key, part: unknown) => (typeof part === "string" && !structural.has(key) ? text(part) : part));
      return { value: JSON.parse(clean) as T, json: clean };
    },
  };
}

function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= shortestSecret && secretName.test(name) ? [value] : [],
  );
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
