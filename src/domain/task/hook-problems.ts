/**
 * Which hooks Claude Code does not load: of settings files and of plugins. Measured with Claude
 * Code 2.1.332.
 */
import type { JsonPath } from "../text/json-source.ts";
import { objectOf } from "../text/read-json.ts";
import { checkType, textOf } from "./json-problems.ts";
import type { Report } from "./json-problems.ts";

/**
 * Checks hooks by their events. Some of them guard tools: a hook that cannot be loaded never
 * refuses.
 * @param at where they stand in their file.
 */
export function checkHooks(value: unknown, at: JsonPath, report: Report): void {
  for (const [event, matchers] of Object.entries(objectOf(value))) {
    const path = [...at, event];
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
