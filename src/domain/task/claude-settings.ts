/**
 * Which contents of a settings file Claude Code does not take: it then drops the file, or the
 * entry, says so in a message and continues, so that rules and hooks are disabled. Measured with
 * Claude Code 2.1.332; what it takes is taken here. A field that this file does not know is Claude
 * Code's own to judge, at the start of an attempt (agent/messages.ts).
 */
import type { JsonPath } from "../text/json-source.ts";
import { objectOf } from "../text/read-json.ts";
import { checkEvents, checkHooks } from "./hook-problems.ts";
import { checkType, problemsOf, textOf } from "./json-problems.ts";
import type { Kind, Report, SettingsProblem } from "./json-problems.ts";
import { checkFields, checkPlaces } from "./settings-fields.ts";

/**
 * The error of a task whose settings are broken.
 * @param broken one text for each problem: what is wrong and where.
 */
export function brokenSettingsText(broken: readonly string[]): string {
  return [
    "Settings of Claude Code are broken, so that their rules would be out of force; the task was not started:",
    // Shown in one line, too.
    ...broken.map((each) => `  ${each}.`),
    "Fix them and retry the task, or retry it with --ignore-broken-settings.",
  ].join("\n");
}

/**
 * The problems of a settings file with this content, in the order of its lines; empty when the file
 * is valid.
 */
export function settingsProblems(text: string): SettingsProblem[] {
  return problemsOf(text, (value, report) => {
    checkFields(value, report);
    checkPlaces(value, report);
    checkPermissions(value["permissions"], report);
    checkHooks(value["hooks"], ["hooks"], report);
    checkEvents(value["hooks"], report);
  });
}

/**
 * The problems of a `.mcp.json`: Claude Code silently leaves out a server with a wrong description.
 */
export function mcpProblems(text: string): SettingsProblem[] {
  return problemsOf(text, (value, report) => {
    if (value["mcpServers"] === undefined && Object.keys(value).length > 0)
      report([], 'the file has no "mcpServers", so none of it is in force');
    checkType(value["mcpServers"], ["mcpServers"], "object", report);
    for (const [name, server] of Object.entries(objectOf(value["mcpServers"]))) {
      const path = ["mcpServers", name];
      if (!checkType(server, path, "object", report)) continue;
      for (const [field, wanted] of Object.entries(serverFields)) checkType(objectOf(server)[field], [...path, field], wanted, report);
      checkTransport(objectOf(server), path, report);
    }
  });
}

const remoteTypes: readonly unknown[] = ["http", "streamable-http", "sse", "ws"];

/**
 * Reports a server that lacks what is needed to reach it: Claude Code skips such a server. Claude
 * Code itself judges types that are not listed here.
 */
function checkTransport({ type, command, url }: Readonly<Record<string, unknown>>, path: JsonPath, report: Report): void {
  if (remoteTypes.includes(type)) {
    if (url === undefined) report(path, `${textOf(path)} has no "url"`);
  } else if (type === undefined || type === "stdio") {
    const hint = type === undefined && url !== undefined ? '; one with a "url" needs a "type": "http", "sse" or "ws"' : "";
    if (command === undefined) report(path, `${textOf(path)} has no "command"${hint}`);
    else if (command === "") report(path, `${textOf(path)}.command is empty`);
  }
}

const serverFields: Readonly<Record<string, Kind>> = { command: "text", url: "text", args: "list", env: "object", headers: "object" };

function checkPermissions(value: unknown, report: Report): void {
  const permissions = objectOf(value);
  for (const name of ["allow", "deny", "ask", "additionalDirectories"]) {
    const path = ["permissions", name];
    const rules = permissions[name];
    if (!checkType(rules, path, "list", report) || (name !== "deny" && name !== "ask")) continue;
    for (const [index, rule] of (rules as unknown[]).entries()) {
      const problem = ruleProblem(rule);
      if (problem !== null) report([...path, index], `the rule ${JSON.stringify(rule)} in ${textOf(path)} ${problem}`);
    }
  }
}

/** Reports rules that Claude Code leaves out. A rule that only allows may be left out safely. */
function ruleProblem(rule: unknown): string | null {
  if (typeof rule !== "string") return "must be a text";
  if (rule.trim() === "") return "is empty";
  if (rule.includes("(") && !rule.trimEnd().endsWith(")")) return "must end with a closing parenthesis";
  return /^[a-z]/.test(rule) && !rule.startsWith("mcp__") ? "must begin with a tool's name, which has a capital letter" : null;
}
