/**
 * Keeps secrets out of what a runner writes: the values of secret-looking variables, and texts of
 * well-known shapes, in every field and in the names of fields. secret-values.ts defines what a
 * secret is.
 */
import { sdkWords } from "../domain/events/sdk-words.ts";
import { SecretFinder } from "../domain/text/secret-finder.ts";
import { secretsOf } from "../domain/text/secret-values.ts";
import type { Environment } from "../domain/text/secret-values.ts";

export interface Redaction {
  /** A value without its secrets, and as JSON on one line. The same object when it has none. */
  redact<T extends object>(value: T): { readonly value: T; readonly json: string };
  /** A text without its secrets. */
  text(text: string): string;
  /** Also keeps these values out from now on. */
  know(secrets: readonly string[]): void;
}

/** @param environments environments with secrets to keep out (the agent's and the runner's own). */
export function redaction(...environments: readonly Environment[]): Redaction {
  const known = secretsOf(environments);
  let finder = new SecretFinder(known);
  return {
    know: (secrets) => {
      const fresh = secrets.filter((secret) => !known.has(secret));
      for (const secret of fresh) known.add(secret);
      if (fresh.length > 0) finder = new SecretFinder(known);
    },
    text: (text) => finder.clean(text),
    redact: <T extends object>(value: T) => {
      const json = jsonOf(value);
      if (!finder.finds(json)) return { value, json };
      const clean = copy(JSON.parse(json) as unknown, "record", finder) as T;
      return { value: clean, json: JSON.stringify(clean) };
    },
  };
}

/**
 * Where a field stands. Fields of the record, of its message and of the message's blocks can say
 * what the record is; every other field is content.
 */
type Place = "record" | "message" | "block" | "content";

/**
 * Fields that say what a record is. What they hold stays when it is a UUID or one of the SDK's own
 * words.
 */
const structural = new Set(
  (
    "type subtype role id uuid session_id sessionId parent_tool_use_id tool_use_id stop_reason terminal_reason startup_failure_reason " +
    "error status state reason stopRequested permissionMode permission_mode decision_reason_type"
  ).split(" "),
);
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function copy(value: unknown, place: Place, finder: SecretFinder): unknown {
  if (typeof value === "string") return finder.clean(value);
  if (typeof value === "number") return finder.isSecret(String(value)) ? finder.clean(String(value)) : value;
  if (Array.isArray(value)) return value.map((each) => copy(each, place, finder));
  if (typeof value !== "object" || value === null) return value;
  const names = new Map<string, number>();
  // fromEntries defines own properties: a key `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = unused(finder.clean(key), names);
      return [name, isStructure(key, field, place) ? field : copy(field, placeOf(key, place), finder)];
    }),
  );
}

function isStructure(key: string, field: unknown, place: Place): boolean {
  if (place === "record" && key.startsWith("_")) return true; // Our own stamp.
  return place !== "content" && structural.has(key) && typeof field === "string" && (uuid.test(field) || sdkWords.has(field));
}

function placeOf(key: string, place: Place): Place {
  if (place === "record" && key === "message") return "message";
  return place === "message" && key === "content" ? "block" : "content";
}

/**
 * Two secrets that name fields of one object stay two fields. @param names each name that is taken,
 * and how often it was asked for.
 */
function unused(name: string, names: Map<string, number>): string {
  let count = names.get(name) ?? 0;
  let free = name;
  // Each number is tried once for a name: from 2 again for every field would cost the square of
  // their number.
  while (names.has(free)) free = `${name} ${(count += 1)}`;
  names.set(name, Math.max(count, 1));
  if (free !== name) names.set(free, 1);
  return free;
}

/**
 * Serialises the record. Leaves out what is nested too deeply to be written, and keeps the fields
 * that say what the record is.
 */
function jsonOf(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const flat = Object.entries(value).filter(([, field]) => typeof field !== "object");
    return JSON.stringify({ ...Object.fromEntries(flat), left_out: "This message is nested too deep to be kept." });
  }
}
