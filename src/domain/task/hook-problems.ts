/**
 * Which hooks Claude Code does not load: of settings files and of plugins. Measured with Claude
 * Code 2.1.332.
 */
import type { JsonPath } from "../text/json-source.ts";
import { objectOf } from "../text/read-json.ts";
import { lookUp } from "./claude-words.ts";
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

/** Reports events that Claude Code does not have: it ignores them and their hooks. */
export function checkEvents(hooks: unknown, report: Report): void {
  for (const event of Object.keys(objectOf(hooks))) {
    if (hookEvents.has(event)) continue;
    const path = ["hooks", event];
    const meant = [...hookEvents].find((each) => each.toLowerCase() === event.toLowerCase());
    report(path, `${textOf(path)} is not an event of Claude Code${meant === undefined ? "" : `; write ${meant}`}`);
  }
}

/** The events for which Claude Code runs hooks. */
export const hookEvents: ReadonlySet<string> = new Set(
  (
    "PreToolUse PostToolUse PostToolUseFailure PostToolBatch Notification UserPromptSubmit UserPromptExpansion SessionStart " +
    "SessionEnd Stop StopFailure SubagentStart SubagentStop PreCompact PostCompact PreModelSwitch PostModelSwitch " +
    "PermissionRequest PermissionDenied Setup TeammateIdle TaskCreated TaskCompleted Elicitation ElicitationResult " +
    "ConfigChange WorktreeCreate WorktreeRemove InstructionsLoaded CwdChanged FileChanged DirectoryAdded MessageDisplay " +
    "PreSkillShellCommand"
  ).split(" "),
);

/** What a hook of each type must name. */
const neededFields: Readonly<Record<string, readonly string[]>> = {
  command: ["command"],
  prompt: ["prompt"],
  agent: ["prompt"],
  http: ["url"],
  mcp_tool: ["server", "tool"],
};

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
  const fields = objectOf(hook);
  const { type, timeout } = fields;
  if (type === undefined) return report(path, `${textOf(path)} has no "type"`);
  if (!checkType(type, [...path, "type"], "text", report)) return;
  const needed = lookUp(neededFields, String(type));
  if (needed === undefined) {
    const types = Object.keys(neededFields).join(", ");
    report([...path, "type"], `${textOf(path)}.type must be one of ${types}, not ${JSON.stringify(type)}`);
  }
  for (const name of needed ?? []) {
    if (fields[name] === undefined) report(path, `${textOf(path)} has no "${name}"`);
    else checkType(fields[name], [...path, name], "text", report);
  }
  checkType(timeout, [...path, "timeout"], "number", report);
}
