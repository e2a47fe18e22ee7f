/**
 * Checks options that are a JSON object (`--settings`, `--mcp-config`, `--json-schema`), and lists
 * the names in them.
 */
import { objectOf } from "../text/read-json.ts";
import { schemaShapeProblems } from "./answer-schema.ts";
import { mcpProblems, settingsProblems } from "./claude-settings.ts";
import type { SettingsProblem } from "./json-problems.ts";

/** The forms of Claude Code whose values may be secrets. */
export type PrivateForm = "settings" | "mcp";
export type JsonForm = PrivateForm | "schema";
export type JsonOption = Readonly<Record<string, unknown>>;

/** Characters of its JSON. */
export const maxJsonLength = 100_000;

const problemsIn = { settings: settingsProblems, mcp: mcpProblems, schema: schemaShapeProblems } as const;

/** Problems that disable the object or a part of it. A submit with any of them is refused. */
export function jsonProblems(form: JsonForm, text: string): SettingsProblem[] {
  if (text.length > maxJsonLength) return [{ line: null, problem: `has over ${maxJsonLength} characters` }];
  if (text.trim() === "") return [{ line: null, problem: "is empty" }];
  return problemsIn[form](text);
}

/**
 * The names of the object's settings or servers. Only the names may be shown: the values may be
 * secrets.
 */
export function namesIn(form: PrivateForm, value: JsonOption): string[] {
  return Object.keys(form === "settings" ? value : objectOf(value["mcpServers"]));
}

/**
 * Joins several objects of one form. Of settings and servers with the same name the last one
 * counts.
 */
export function joinedJson(form: JsonForm, values: readonly JsonOption[]): JsonOption {
  if (form !== "mcp") return Object.assign({}, ...values) as JsonOption;
  return { mcpServers: Object.assign({}, ...values.map((value) => objectOf(value["mcpServers"]))) as JsonOption };
}
