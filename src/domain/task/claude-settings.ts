/**
 * Which contents of a settings file Claude Code does not take: it then drops the file, or the
 * entry, says so in a message and continues, so that rules and hooks are disabled. Measured with
 * Claude Code 2.1.330; what it takes is taken here. A field that this file does not know is Claude
 * Code's own to judge, at the start of an attempt (agent/messages.ts).
 */
import { cutString } from "../text/cut-json.ts";
import { jsonSource } from "../text/json-source.ts";
import type { JsonPath } from "../text/json-source.ts";
import { JsonTooDeep, parseJson } from "../text/parse-json.ts";
import { objectOf } from "../text/read-json.ts";

/** One problem that disables a settings file or a part of it. */
export interface SettingsProblem {
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  /** A part of a sentence: `permissions.deny must be a list, not a text`. */
  readonly problem: string;
}

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

type Report = (path: JsonPath, problem: string) => void;

/**
 * The problems of a settings file with this content, in the order of its lines; empty when the file
 * is valid.
 */
export function settingsProblems(text: string): SettingsProblem[] {
  return problemsOf(text, (value, report) => {
    for (const [name, wanted] of Object.entries(fields)) checkType(value[name], [name], wanted, report);
    checkPermissions(value["permissions"], report);
    checkHooks(value["hooks"], report);
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

/** The parts in which a duplicate name silently disables a rule. */
const guardedParts = new Set<unknown>(["permissions", "hooks", "sandbox", "mcpServers"]);

/**
 * Reports at most this many problems of one file, each cut in length: a hostile file could hold any
 * number.
 */
const maxProblems = 20;
const maxProblemLength = 300;

function problemsOf(text: string, check: (value: Record<string, unknown>, report: Report) => void): SettingsProblem[] {
  // An empty file counts as one without settings.
  if (text.trim() === "") return [];
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return [error instanceof JsonTooDeep ? { line: null, problem: `is ${error.message}` } : syntaxProblem(text, error as SyntaxError)];
  }
  const source = jsonSource(text);
  const problems: SettingsProblem[] = [];
  const report: Report = (path, problem) => {
    if (problems.length < maxProblems) problems.push({ line: source.lineOf(path), problem: shortened(problem) });
  };
  if (kindOf(value) !== "object") report([], `the file must hold an object, not ${words[kindOf(value)]}`);
  else check(value as Record<string, unknown>, report);
  for (const { path, line } of source.duplicates) {
    if (problems.length === maxProblems) break;
    if (guardedParts.has(path[0]))
      problems.push({ line, problem: shortened(`${textOf(path)} stands there twice, and only the last one counts`) });
  }
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** Cuts a sentence with a very long name or rule: keeps its beginning and its end. */
function shortened(problem: string): string {
  const half = maxProblemLength / 2;
  return problem.length <= maxProblemLength ? problem : `${cutString(problem, half).value} … ${problem.slice(-half)}`;
}

/** The path as text, e.g. `permissions.deny.0`; a very long path is cut. */
function textOf(path: JsonPath): string {
  return path.map((key) => cutString(String(key), maxProblemLength).value).join(".");
}

/** The parser's own words without their position: the line is shown beside them. */
function syntaxProblem(text: string, { message }: SyntaxError): SettingsProblem {
  const why = message.replace(/(,? at position \d+|, (\.{3})?").*$/s, "").replace(/ in JSON$/, "");
  return { line: text.slice(0, faultOffset(text)).split("\n").length, problem: `is not valid JSON: ${why}` };
}

/**
 * Finds the first wrong character: the end of the shortest beginning that cannot be continued. The
 * parser's message names the place for some errors only.
 */
function faultOffset(text: string): number {
  let [good, bad] = [0, text.trimEnd().length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (canBeContinued(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function canBeContinued(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    // For a string its end counts: the string is not closed there, or holds a character that is not
    // allowed.
    if (position === undefined) return message.startsWith("Unexpected end");
    return Number(position) >= beginning.length;
  }
}

type Kind = "object" | "list" | "text" | "number" | "boolean" | "null";

const words: Readonly<Record<Kind, string>> = {
  object: "an object",
  list: "a list",
  text: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  const types: Readonly<Record<string, Kind>> = { string: "text", number: "number", boolean: "boolean" };
  return types[typeof value] ?? "object";
}

function checkType(value: unknown, path: JsonPath, wanted: Kind, report: Report): boolean {
  if (value === undefined) return false;
  if (kindOf(value) === wanted) return true;
  report(path, `${textOf(path)} must be ${words[wanted]}, not ${words[kindOf(value)]}`);
  return false;
}

/**
 * Top-level fields with one plain type. Claude Code drops the whole file where a field has another
 * type.
 */
const fields: Readonly<Record<string, Kind>> = {
  permissions: "object",
  hooks: "object",
  sandbox: "object",
  env: "object",
  model: "text",
  apiKeyHelper: "text",
  cleanupPeriodDays: "number",
  disableAllHooks: "boolean",
};

const serverFields: Readonly<Record<string, Kind>> = { command: "text", url: "text", args: "list", env: "object", headers: "object" };

function checkPermissions(value: unknown, report: Report): void {
  const permissions = objectOf(value);
  for (const name of ["allow", "deny", "ask", "additionalDirectories"]) {
    const path = ["permissions", name];
    const rules = permissions[name];
    if (!checkType(rules, path, "list", report) || (name !== "deny" && name !== "ask")) continue;
    for (const [index, rule] of (rules as unknown[]).entries()) {
      const fault = ruleFault(rule);
      if (fault !== null) report([...path, index], `the rule ${JSON.stringify(rule)} in ${textOf(path)} ${fault}`);
    }
  }
}

/** Reports rules that Claude Code leaves out. A rule that only allows may be left out safely. */
function ruleFault(rule: unknown): string | null {
  if (typeof rule !== "string") return "must be a text";
  if (rule.trim() === "") return "is empty";
  if (rule.includes("(") && !rule.trimEnd().endsWith(")")) return "must end with a closing parenthesis";
  return /^[a-z]/.test(rule) && !rule.startsWith("mcp__") ? "must begin with a tool's name, which has a capital letter" : null;
}

/** Checks hooks. Some of them guard tools: a hook that cannot be loaded never refuses. */
function checkHooks(value: unknown, report: Report): void {
  for (const [event, matchers] of Object.entries(objectOf(value))) {
    const path = ["hooks", event];
    if (!checkType(matchers, path, "list", report)) continue;
    for (const [index, matcher] of (matchers as unknown[]).entries()) checkMatcher(matcher, [...path, index], report);
  }
}

function checkMatcher(matcher: unknown, path: JsonPath, report: Report): void {
  if (!checkType(matcher, path, "object", report)) return;
  const { hooks, matcher: pattern } = objectOf(matcher);
  checkType(pattern, [...path, "matcher"], "text", report);
  if (hooks === undefined) return report(path, `${textOf(path)} has no list "hooks"`);
  if (!checkType(hooks, [...path, "hooks"], "list", report)) return;
  for (const [index, hook] of (hooks as unknown[]).entries()) checkHook(hook, [...path, "hooks", index], report);
}

function checkHook(hook: unknown, path: JsonPath, report: Report): void {
  if (!checkType(hook, path, "object", report)) return;
  const { type, command, timeout } = objectOf(hook);
  if (type === undefined) return report(path, `${textOf(path)} has no "type"`);
  if (!checkType(type, [...path, "type"], "text", report)) return;
  if (type === "command" && command === undefined) report(path, `${textOf(path)} has no "command"`);
  checkType(command, [...path, "command"], "text", report);
  checkType(timeout, [...path, "timeout"], "number", report);
}
