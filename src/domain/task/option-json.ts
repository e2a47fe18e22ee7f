/**
 * Checks options that are a JSON object in a form of Claude Code (`--settings`, `--mcp-config`),
 * and lists the names in them.
 */
import { objectOf } from "../text/read-json.ts";
import { mcpProblems, settingsProblems } from "./claude-settings.ts";
import type { SettingsProblem } from "./json-problems.ts";

export type JsonForm = "settings" | "mcp";
export type JsonOption = Readonly<Record<string, unknown>>;

/** Characters of its JSON. */
export const maxJsonLength = 100_000;

/** Problems that disable the object or a part of it. A submit with any of them is refused. */
export function jsonProblems(form: JsonForm, text: string): SettingsProblem[] {
  if (text.length > maxJsonLength) return [{ line: null, problem: `has over ${maxJsonLength} characters` }];
  if (text.trim() === "") return [{ line: null, problem: "is empty" }];
  return form === "settings" ? settingsProblems(text) : mcpProblems(text);
}

/**
 * The names of the object's settings or servers. Only the names may be shown: the values may be
 * secrets.
 */
export function namesIn(form: JsonForm, value: JsonOption): string[] {
  return Object.keys(form === "settings" ? value : objectOf(value["mcpServers"]));
}

/**
 * Joins several objects of one form. Of settings and servers with the same name the last one
 * counts.
 */
export function joinedJson(form: JsonForm, values: readonly JsonOption[]): JsonOption {
  if (form === "settings") return Object.assign({}, ...values) as JsonOption;
  return { mcpServers: Object.assign({}, ...values.map((value) => objectOf(value["mcpServers"]))) as JsonOption };
}
