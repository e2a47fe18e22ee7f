/**
 * Hooks as Claude Code's settings name them: which may run for an event, and how long each may
 * take. Measured with Claude Code 2.1.332.
 */
import { parseJson } from "../text/parse-json.ts";
import { arrayOf, numberOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

export interface ConfiguredHook {
  /** The command; for hooks of other types what they call, or their type. */
  readonly command: string;
  /** Its own time limit: after it Claude Code continues without an answer. */
  readonly timeoutMs: number;
  /** Runs beside the work; nothing waits for it. */
  readonly isAsync: boolean;
}

/**
 * Events whose hooks can refuse the next step. When such a hook runs out of time, it has not
 * refused, and Claude Code continues.
 */
const guardingEvents = new Set(["PreToolUse", "UserPromptSubmit", "PermissionRequest", "PreSkillShellCommand"]);

/** Whether a hook of this event can refuse what it is asked about. */
export function isGuarding(event: string): boolean {
  return guardingEvents.has(event);
}

const defaultTimeoutMs = 600_000;
/** Events with another default. */
const defaultTimeoutsMs: Readonly<Record<string, number>> = { UserPromptSubmit: 30_000 };

/**
 * The hooks of a settings file that may run under this name, in the file's order; none where the
 * file is not JSON.
 * @param event e.g. `PreToolUse`.
 * @param name as Claude Code reports it: the event, and after a colon what it matches
 * (`PreToolUse:Bash`).
 */
export function hooksIn(settings: string, event: string, name: string): ConfiguredHook[] {
  const subject = name.startsWith(`${event}:`) ? name.slice(event.length + 1) : "";
  return arrayOf(objectOf(parsed(settings)["hooks"])[event])
    .map(objectOf)
    .filter(({ matcher }) => matches(stringOf(matcher) ?? "", subject))
    .flatMap(({ hooks }) => arrayOf(hooks).map((hook) => hookFrom(objectOf(hook), event)));
}

function parsed(text: string): JsonObject {
  try {
    return objectOf(parseJson(text));
  } catch {
    return {};
  }
}

/** A list of names is compared whole; anything else is a pattern. */
function matches(matcher: string, subject: string): boolean {
  if (matcher === "" || matcher === "*" || subject === "") return true;
  if (/^[\w\s|,-]+$/.test(matcher)) return matcher.split(/[|,]/).some((name) => name.trim() === subject);
  try {
    return new RegExp(matcher).test(subject);
  } catch {
    return false;
  }
}

function hookFrom(hook: JsonObject, event: string): ConfiguredHook {
  const seconds = numberOf(hook["timeout"]);
  return {
    command: stringOf(hook["command"]) ?? stringOf(hook["url"]) ?? stringOf(hook["type"]) ?? "",
    timeoutMs: seconds === null || seconds <= 0 ? (defaultTimeoutsMs[event] ?? defaultTimeoutMs) : seconds * 1000,
    isAsync: hook["async"] === true || hook["asyncRewake"] === true,
  };
}

/**
 * The hook as text, e.g. `hook PreToolUse:Bash (./check.sh)`. With several commands any of them may
 * be meant; without one the command is not known.
 */
export function hookText(name: string, commands: readonly string[]): string {
  const named = commands.length > 1 ? `one of: ${commands.join("; ")}` : (commands[0] ?? "");
  return `hook ${name}${named === "" ? "" : ` (${named})`}`;
}
