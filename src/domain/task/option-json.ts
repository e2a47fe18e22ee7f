/** Options that are an object in a form of Claude Code (`--settings`, `--mcp-config`): what is wrong with one, and which names are in it. */
import { objectOf } from "../text/read-json.ts";
import { mcpProblems, settingsProblems } from "./claude-settings.ts";
import type { SettingsProblem } from "./claude-settings.ts";

export type JsonForm = "settings" | "mcp";
export type JsonOption = Readonly<Record<string, unknown>>;

/** Characters of its JSON. */
export const maxJsonLength = 100_000;

/** What keeps it, or a part of it, from being in force; nothing may. */
export function jsonProblems(form: JsonForm, text: string): SettingsProblem[] {
  if (text.length > maxJsonLength) return [{ line: null, problem: `has over ${maxJsonLength} characters` }];
  if (text.trim() === "") return [{ line: null, problem: "is empty" }];
  return form === "settings" ? settingsProblems(text) : mcpProblems(text);
}

/** What may be told of it: the names of its settings, or of its servers. The values may be secrets. */
export function namesIn(form: JsonForm, value: JsonOption): string[] {
  return Object.keys(form === "settings" ? value : objectOf(value["mcpServers"]));
}

/** Several of one form as one; of settings and servers with one name the last one counts. */
export function joinedJson(form: JsonForm, values: readonly JsonOption[]): JsonOption {
  if (form === "settings") return Object.assign({}, ...values) as JsonOption;
  return { mcpServers: Object.assign({}, ...values.map((value) => objectOf(value["mcpServers"]))) as JsonOption };
}
