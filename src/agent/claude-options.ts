/**
 * What Claude Code is started with, as data: the part that is fixed when it is parked, and the part
 * that comes with a task.
 */
import type { TaskSpec } from "../domain/task/task.ts";
import type { FilesAbove } from "../config/files-above.ts";
import { optionRows, startsCold } from "../domain/task/option-values.ts";
import { expandedVariables } from "../domain/task/expand-variables.ts";
import { arrayOf, objectOf } from "../domain/text/read-json.ts";
import { ownMcpServers } from "./mcp-servers.ts";
import type { ProbeRequest } from "./agent.ts";

/**
 * Tools that reach out of the task: other sessions of the user, and work at a later time that
 * nobody would follow. Names as Claude Code 2.1.330 lists them in its init message.
 */
const disallowedTools = ["ListAgents", "SendMessage", "CronCreate", "CronDelete", "CronList", "ScheduleWakeup", "RemoteTrigger"];

/** The same for every task of a runner. The task's directory is trusted, so its settings count. */
export function hostOptions(env: Readonly<Record<string, string>>, executable: string | null) {
  return {
    // EAGER_FLUSH: the session is on disk before the first model call and before the result, so
    // that it can be resumed from there. PRINT_BG_WAIT_CEILING: it waits for its sub-agents without
    // a limit of its own; the runner and the attempt's limits end that. STARTUP_FAILURE_RESULTS: a
    // refused start names its reason in a result instead of on stderr only.
    env: { ...env, CLAUDE_CODE_EAGER_FLUSH: "1", CLAUDE_CODE_STARTUP_FAILURE_RESULTS: "1", CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS: "0" },
    settingSources: ["user" as const, "project" as const, "local" as const],
    disallowedTools: [...disallowedTools],
    includeHookEvents: true,
    ...(executable === null ? {} : { pathToClaudeCodeExecutable: executable }),
  };
}

/**
 * Environment of a Claude Code that is parked. Its runtime (Bun) collects garbage by a timer, and
 * who rests loses its compiled code to it: the task would pay for that. What is allocated is still
 * collected without the timer; a parked process holds about 12 MB more.
 */
export const parkedEnv: Readonly<Record<string, string>> = { BUN_GC_TIMER_DISABLE: "1" };

/** What a parked Claude Code can still take over. */
export function claimOptions(spec: TaskSpec) {
  return {
    cwd: spec.workingDirectory,
    permissionMode: spec.permissionMode,
    // An overlay holds the prompt back for one round trip: only where there is something to
    // overlay.
    ...(hasRules(spec) || spec.effort !== null ? { settings: { ...rules(spec), ...effortOf(spec) } } : {}),
    ...directoriesOf(spec),
    ...(spec.model === null ? {} : { model: spec.model }),
    ...(spec.systemPrompt === null ? {} : { appendSystemPrompt: spec.systemPrompt }),
  };
}

/**
 * Whether a parked Claude Code can take this task: some options cannot come with a claim
 * (ClaimOptions of the SDK).
 */
export function isClaimable(spec: TaskSpec): boolean {
  return optionRows.every((row) => !startsCold(row, spec[row.field as keyof TaskSpec]));
}

/**
 * Everything of the task that a cold start takes.
 * @param above what of other users lies above the directory and is kept out. @param env what variables in MCP servers stand for.
 */
export function coldOptions(spec: TaskSpec, above: FilesAbove, env: Readonly<Record<string, string>>) {
  const append = spec.systemPrompt === null ? {} : { append: spec.systemPrompt };
  return {
    cwd: spec.workingDirectory,
    permissionMode: spec.permissionMode,
    systemPrompt: { type: "preset" as const, preset: "claude_code" as const, ...append },
    ...settingsOf(spec, above),
    ...mcpServersOf(spec, above, env),
    ...directoriesOf(spec),
    ...unseen,
    ...(spec.permissionMode === "bypassPermissions" ? { allowDangerouslySkipPermissions: true } : {}),
    ...(spec.model === null ? {} : { model: spec.model }),
    ...(spec.fallbackModel === null ? {} : { fallbackModel: spec.fallbackModel }),
    ...(spec.effort === null ? {} : { effort: spec.effort }),
    ...(spec.agent === null ? {} : { agent: spec.agent }),
    ...(spec.maxTurns === null ? {} : { maxTurns: spec.maxTurns }),
    ...(spec.maxBudgetUsd === null ? {} : { maxBudgetUsd: spec.maxBudgetUsd }),
  };
}

/** The task's own settings with its rules, and what keeps instructions of other users out. */
function settingsOf(spec: TaskSpec, { excluded }: FilesAbove) {
  if (spec.settings === null && !hasRules(spec) && excluded.length === 0) return {};
  const own = spec.settings ?? {};
  const permissions = objectOf(own["permissions"]);
  const joined = (name: "allow" | "deny"): unknown[] => [...arrayOf(permissions[name]), ...spec[name]];
  const excludes = [...arrayOf(own["claudeMdExcludes"]), ...excluded];
  return {
    settings: {
      ...own,
      permissions: { ...permissions, allow: joined("allow"), deny: joined("deny") },
      ...(excludes.length === 0 ? {} : { claudeMdExcludes: excludes }),
    },
  };
}

/** The task's own servers; where a `.mcp.json` must not be read, all servers that count. */
function mcpServersOf(spec: TaskSpec, { mcpFiles }: FilesAbove, env: Readonly<Record<string, string>>) {
  if (spec.mcpConfig === null && mcpFiles === null) return {};
  const own = objectOf(expandedVariables(objectOf(spec.mcpConfig)["mcpServers"], env));
  return {
    ...(mcpFiles === null ? {} : { strictMcpConfig: true }),
    // Not on the command line, which other users can read.
    mcpServersDelivery: "initialize" as const,
    mcpServers: { ...(mcpFiles === null ? {} : ownMcpServers(spec.workingDirectory, mcpFiles, env)), ...own },
  };
}

/**
 * Settings go over stdin: an argument can be read by every user of the machine (`ps`). The SDK
 * knows this option, its types do not; a Claude Code that is older than the SDK's own refuses it.
 */
const unseen = { settingsDelivery: "initialize" };

function hasRules({ allow, deny }: TaskSpec): boolean {
  return allow.length + deny.length > 0;
}

function directoriesOf({ additionalDirectories }: TaskSpec) {
  return additionalDirectories.length === 0 ? {} : { additionalDirectories: [...additionalDirectories] };
}

/** In the settings of a claim, which has no other place for it. */
function effortOf({ effort }: TaskSpec) {
  return effort === null ? {} : { effortLevel: effort };
}

function rules(spec: TaskSpec) {
  return { permissions: { allow: [...spec.allow], deny: [...spec.deny] } };
}

export const probePrompt = "Answer with the word OK.";

/**
 * One turn with few tokens, no tools, no hooks, no MCP servers; nothing of it is kept. The user's
 * own settings may name the sign-in.
 */
export function probeOptions(env: Readonly<Record<string, string>>, executable: string | null, { model, directory }: ProbeRequest) {
  return {
    env: { ...env, CLAUDE_CODE_MAX_RETRIES: "1", CLAUDE_CODE_STARTUP_FAILURE_RESULTS: "1" },
    cwd: directory,
    settingSources: ["user" as const],
    settings: { disableAllHooks: true },
    systemPrompt: "You answer with one word.",
    tools: [],
    strictMcpConfig: true,
    maxTurns: 1,
    permissionMode: "dontAsk" as const,
    persistSession: false,
    ...(model === null ? {} : { model }),
    ...(executable === null ? {} : { pathToClaudeCodeExecutable: executable }),
  };
}

/** What Claude is told when something needs a person, who is not there. */
export function denialOf(tool: string): string {
  if (tool === "AskUserQuestion") {
    return "Nobody is there to answer: this task runs in the background. Decide by yourself and say in your final answer what you assumed.";
  }
  if (tool === "ExitPlanMode") {
    return "Nobody is there to approve: this task ends with the plan. Give the whole plan as your final answer.";
  }
  return `Nobody is there to approve ${tool}: this task runs in the background and its permission rules do not allow this call. Go on without it; if that is not possible, end and say what you would have needed.`;
}
