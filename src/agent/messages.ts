/**
 * Interprets single messages of Claude Code for a runner. Shapes: SDKMessage of the Claude Agent
 * SDK 0.3.330.
 */
import { startProblems } from "../domain/events/record.ts";
import { brokenSettingsText } from "../domain/task/claude-settings.ts";
import type { TaskSpec } from "../domain/task/task.ts";
import { arrayOf, objectOf, stringOf } from "../domain/text/read-json.ts";

export interface Message {
  readonly type: string;
  readonly subtype?: unknown;
  readonly is_error?: unknown;
  readonly error?: unknown;
  readonly attempt?: unknown;
  readonly error_status?: unknown;
  readonly errors?: unknown;
  readonly tag?: unknown;
  readonly content?: unknown;
  readonly parent_tool_use_id?: unknown;
  readonly outcome?: unknown;
  readonly agents?: unknown;
  readonly plugin_errors?: unknown;
  readonly status?: unknown;
  readonly command_uuid?: unknown;
  readonly state?: unknown;
  readonly user_message_uuids?: unknown;
}

/**
 * Claude Code tries a refused sign-in ten times, in about three minutes (measured). The runner
 * gives up at the third time, after about two seconds.
 */
const signInTries = 3;

/**
 * Messages that are not kept: many per second that only a screen needs, and those of each hook,
 * because hook-watch.ts reports slow ones.
 */
const noise = new Set<unknown>(["ui_invalidate", "thinking_tokens", "session_state_changed", "hook_started", "hook_progress"]);

export function isNoise(message: Message): boolean {
  const { type, subtype, outcome } = message;
  if (type === "system" && subtype === "hook_response") return outcome === "success";
  return type === "stream_event" || type === "keep_alive" || (type === "system" && noise.has(subtype));
}

/** Whether a resume failed because Claude Code never stored the session. */
export function isNoConversation(message: Message): boolean {
  const { type, errors } = message;
  return type === "result" && JSON.stringify(errors ?? "").includes("No conversation found with session ID");
}

interface GivenUp {
  readonly error: string;
  readonly text: string;
}

/** Why an attempt must end at this message; mostly empty. */
export function reasonsToGiveUp(message: Message, { agent, ignoreBrokenSettings }: TaskSpec): readonly GivenUp[] {
  const unknown = unknownAgent(message, agent);
  const broken = ignoreBrokenSettings ? null : (settingsNotInEffect(message) ?? pluginsNotInEffect(message));
  const refused = refusedSignIn(message);
  return [
    ...(unknown === null ? [] : [{ error: startProblems.noAgent, text: unknown }]),
    ...(broken === null ? [] : [{ error: startProblems.brokenSettings, text: brokenSettingsText(broken) }]),
    ...(refused === null ? [] : [refused]),
  ];
}

/** Claude Code's word for a sign-in or an account that was finally refused, or null. */
export function refusedSignIn(message: Message): GivenUp | null {
  const { type, subtype, error, attempt, error_status: status } = message;
  if (type !== "system" || subtype !== "api_retry" || typeof attempt !== "number" || attempt < signInTries) return null;
  if (error !== "authentication_failed" && error !== "billing_error") return null;
  return { error, text: `Claude's API refused the sign-in ${signInTries} times (HTTP ${typeof status === "number" ? status : "?"}).` };
}

/**
 * Why the task's agent does not work, as a sentence; null: it works, or the task names none. Claude
 * Code silently works without an agent that it does not know; its first message lists the known
 * ones (measured with 2.1.330).
 */
export function unknownAgent({ type, subtype, agents }: Message, agent: string | null): string | null {
  if (agent === null || type !== "system" || subtype !== "init" || !Array.isArray(agents) || agents.includes(agent)) return null;
  return `Claude Code knows no agent "${agent}" in this directory. It knows: ${agents.join(", ")}. Define it in .claude/agents, or retry the task with another --agent.`;
}

/** Entries whose loss disables no rule. */
const harmless = /\((?!permissions\.(deny|ask)\b|hooks\b|sandbox\b)[\w.]+\):/;

/**
 * Claude Code's report of settings that it did not take, as one text for each; null when that
 * disables no rule. The message comes before the first model call's answer, so before any tool
 * (measured with 2.1.330).
 */
export function settingsNotInEffect({ type, subtype, tag, content }: Message): string[] | null {
  if (type !== "system" || subtype !== "informational" || tag !== "settings_not_in_effect" || typeof content !== "string") return null;
  const entries = content.split("\n").filter((line) => line.startsWith("  "));
  const skippedOnly = content.startsWith("These settings entries were skipped") && !content.includes("did not load");
  if (skippedOnly && entries.every((line) => harmless.test(line))) return null;
  return entries.length === 0 ? [content] : entries.map((line) => line.trim());
}

/** Errors of a plugin that is there, after which its hooks do not run. */
const hooksLost = new Set<unknown>(["manifest-parse-error", "manifest-validation-error", "hook-load-failed"]);

/**
 * Claude Code's report of plugins that it did not load, or loaded without their hooks, as one text
 * for each; null: none. It stands in the first message, so before any tool. Plugins of a
 * marketplace are not in it (measured with 2.1.332).
 */
export function pluginsNotInEffect({ type, subtype, plugin_errors: errors }: Message): string[] | null {
  if (type !== "system" || subtype !== "init") return null;
  const texts = arrayOf(errors)
    .map(objectOf)
    .map((each) => ({ kind: each["type"], plugin: stringOf(each["plugin"]) ?? "", text: stringOf(each["message"]) ?? "" }))
    .filter(({ kind, text }) => hooksLost.has(kind) || /\bhooks?\b|\bas plugin\b/i.test(text))
    .map(({ plugin, text }) => `the plugin ${plugin}: ${text}`);
  return texts.length === 0 ? null : texts;
}

/**
 * Whether the main thread is at work: a message of its turn, and not one of a sub-agent in the
 * background.
 */
export function isMainTurn(message: Message): boolean {
  return isTurn(message) && typeof message.parent_tool_use_id !== "string";
}

/**
 * Whether the message belongs to a turn. After a result such a message shows that the agent
 * continues (a background helper has reported); other messages only belong to its end.
 */
export function isTurn({ type, subtype }: Message): boolean {
  return type === "assistant" || type === "user" || (type === "system" && subtype === "init");
}
