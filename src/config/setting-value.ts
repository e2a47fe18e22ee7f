/**
 * Reads the value of one setting from text, and checks it against its definition. load-settings.ts
 * decides which source wins.
 */
import { didYouMean } from "../domain/text/did-you-mean.ts";
import { parseDuration, typedDuration } from "../domain/text/duration.ts";
import { WorkerError } from "../domain/errors.ts";
import { verifyProblem } from "../domain/verification/verify-command.ts";
import { isDurationSetting } from "./setting.ts";
import { settingDefinitions } from "./settings.ts";
import type { SettingDefinition, SettingKey, Settings } from "./settings.ts";

/** The source of a value that a person has just typed. */
export const typedHere = "the command line";

/**
 * A value from text (environment, `config set`).
 * @throws WorkerError invalid_input with the `source`.
 */
export function parseSetting(key: string, text: string, source: string): Settings[SettingKey] {
  const definition = definitionOf(key, source);
  if (definition.nullable === true && (text === "" || text === "null")) return null;
  if (definition.type === "integer") return checked(definition, /^-?\d+$/.test(text.trim()) ? Number(text) : text, source);
  if (definition.type === "object") return checked(definition, jsonOf(text), source);
  if (lists.has(definition.type)) return checked(definition, partsOf(text), source);
  return checked(definition, text, source);
}

/**
 * A value that is typed already (a flag, the configuration file).
 * @throws WorkerError invalid_input with the `source`.
 */
export function checkedSetting(key: string, value: unknown, source: string): Settings[SettingKey] {
  return checked(definitionOf(key, source), value, source);
}

const byKey = new Map<string, SettingDefinition>(settingDefinitions.map((definition) => [definition.key, definition]));

function definitionOf(key: string, source: string): SettingDefinition {
  const definition = byKey.get(key);
  if (definition !== undefined) return definition;
  const near = nearestSetting(key);
  const hint = near === null ? "" : ` Did you mean "${near}"?`;
  throw new WorkerError("invalid_input", `Unknown setting "${key}" in ${source}.${hint} Known: ${[...byKey.keys()].join(", ")}.`);
}

/**
 * The setting that a wrong name probably means: `stall_timeout_ms` for `stall_timeout`; null: no
 * name is similar.
 */
export function nearestSetting(name: string): SettingKey | null {
  const near = byKey.has(`${name}_ms`) ? `${name}_ms` : didYouMean(name, byKey.keys());
  return byKey.get(near ?? "")?.key ?? null;
}

const lists: ReadonlySet<SettingDefinition["type"]> = new Set(["list", "names", "paths", "rules", "commands"]);

/** Values between commas; a comma inside parentheses (`Bash(a, b)`) belongs to its value. */
function partsOf(text: string): string[] {
  const parts = text.split(/,(?![^(]*\))/);
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function checked(definition: SettingDefinition, value: unknown, source: string): Settings[SettingKey] {
  const wrong = (what: string): WorkerError =>
    new WorkerError(
      "invalid_input",
      `The setting "${definition.key}"${placeIn(source)} must be ${what}, not ${withoutPassword(JSON.stringify(value))}.`,
    );
  if (value === null && definition.nullable === true) return null;
  switch (definition.type) {
    case "integer": {
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = definition;
      const isDuration = isDurationSetting(definition.key);
      const number = isDuration && typeof value === "string" ? millisecondsOf(value) : value;
      if (typeof number !== "number" || !Number.isInteger(number) || number < min || number > max)
        throw wrong(
          isDuration
            ? `a duration like 90s or 1h30m, or milliseconds, from ${typedDuration(min)} to ${typedDuration(max)} (${min} to ${max} ms)`
            : `a whole number from ${min} to ${max}`,
        );
      return number;
    }
    case "choice":
      if (typeof value !== "string" || !(definition.choices ?? []).includes(value))
        throw wrong(`one of ${(definition.choices ?? []).join(", ")}`);
      return value;
    case "list":
      if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && /^[A-Za-z_][A-Za-z0-9_]*(=[^\0]*)?$/.test(item))) {
        throw wrong("a list of NAME or NAME=value");
      }
      return value as string[];
    case "names":
      if (
        !Array.isArray(value) ||
        !value.every((item) => typeof item === "string" && /^[a-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/i.test(item))
      ) {
        throw wrong("a list of host or host:port");
      }
      return value as string[];
    case "paths":
      if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && item.startsWith("/") && !item.includes("\0"))) {
        throw wrong("a list of absolute paths");
      }
      return value as string[];
    case "rules":
      if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && /^[A-Za-z_][\w-]*(\([^\0]*\))?$/.test(item))) {
        throw wrong("a list of permission rules like Read or Bash(npm test:*)");
      }
      return value as string[];
    case "commands": {
      const [what, holds] = definition.mustBe ?? ["a list of commands like npm test, or of names like @test", () => true];
      const isCommand = (item: unknown): boolean =>
        typeof item === "string" && !item.includes("\0") && verifyProblem(item) === null && holds(item);
      if (!Array.isArray(value) || !value.every(isCommand)) throw wrong(what);
      return value as string[];
    }
    case "object": {
      const found = definition.check?.(value) ?? null;
      if (found !== null) throw new WorkerError("invalid_input", `The setting "${definition.key}"${placeIn(source)} ${found}`);
      return value as Settings[SettingKey];
    }
    case "string":
      if (typeof value !== "string" || value === "" || value.includes("\0")) throw wrong("a text");
      if (definition.mustBe?.[1](value) === false) throw wrong(definition.mustBe[0]);
      return withoutProblem(definition, value, source);
  }
}

/** @throws WorkerError invalid_input with what is wrong and what to do. */
function withoutProblem({ key, problem }: SettingDefinition, value: string, source: string): string {
  const found = problem?.(value) ?? null;
  if (found !== null) throw new WorkerError("invalid_input", `The setting "${key}"${placeIn(source)} ${found}`);
  return value;
}

/** The value in a text of JSON; the text itself: it is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Milliseconds of `1h30m`; null: not a duration. */
function millisecondsOf(text: string): number | null {
  try {
    return parseDuration(text.trim());
  } catch {
    return null;
  }
}

/** Where a wrong value stands. A person who has just typed it knows. */
function placeIn(source: string): string {
  return source === typedHere ? "" : ` in ${source}`;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//…@");
}
