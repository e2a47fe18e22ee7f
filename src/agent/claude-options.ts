/**
 * Builds the options of Claude Code: the part that is fixed when it is parked, and the part that
 * comes with a task.
 */
import { claudeSandbox } from "../domain/task/sandbox.ts";
import type { SandboxOrder } from "../domain/task/sandbox.ts";
import type { TaskSpec } from "../domain/task/task.ts";
import type { FilesAbove } from "../config/files-above.ts";
import { schemaForClaude } from "../domain/task/answer-schema.ts";
import { optionRows, startsCold } from "../domain/task/option-values.ts";
import { expandedVariables } from "../domain/task/expand-variables.ts";
import { arrayOf, objectOf } from "../domain/text/read-json.ts";
import { ownMcpServers } from "./mcp-servers.ts";
import { judgementSchema, judgeSystemPrompt } from "../domain/verification/judgement.ts";
import type { JudgeRequest, ProbeRequest } from "./agent.ts";

/**
 * Tools that act outside of the task: on other sessions of the user, on work at a later time that
 * no attempt would follow, and in a worktree that is not the task's. Names as Claude Code 2.1.330
 * lists them in its init message.
 */
const disallowedTools = [
  "ListAgents",
  "SendMessage",
  "CronCreate",
  "CronDelete",
  "CronList",
  "ScheduleWakeup",
  "RemoteTrigger",
  "EnterWorktree",
  "ExitWorktree",
];

/**
 * The options that are the same for every task. The task's directory is trusted, so its settings
 * count.
 */
export function hostOptions(env: Readonly<Record<string, string>>, executable: string | null) {
  return {
    // EAGER_FLUSH: the session is on disk before the first model call and before the result, so
    // that it can be resumed from there. PRINT_BG_WAIT_CEILING: Claude Code waits for its
    // sub-agents without its own limit; the runner and the attempt's limits end the wait.
    // STARTUP_FAILURE_RESULTS: a refused start reports its reason in a result instead of on stderr
    // only.
    env: { ...env, CLAUDE_CODE_EAGER_FLUSH: "1", CLAUDE_CODE_STARTUP_FAILURE_RESULTS: "1", CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS: "0" },
    settingSources: ["user" as const, "project" as const, "local" as const],
    disallowedTools: [...disallowedTools],
    includeHookEvents: true,
    ...(executable === null ? {} : { pathToClaudeCodeExecutable: executable }),
  };
}

/**
 * Environment of a Claude Code that is parked. Its runtime (Bun) collects garbage by a timer and
 * then drops compiled code of an idle process, which would slow down the task. Without the timer
 * garbage is still collected on allocation; a parked process uses about 12 MB more.
 */
export const parkedEnv: Readonly<Record<string, string>> = { BUN_GC_TIMER_DISABLE: "1" };

/** What of an attempt is not in the task's own options. */
interface More {
  readonly workspaceEnv?: WorkspaceEnv | undefined;
  /** Absent: none is asked for. */
  readonly sandbox?: SandboxOrder | undefined;
}

/**
 * Variables of the task's worktree. They go through settings, because a parked Claude Code takes no
 * other variables, and because settings outweigh a repository's own `env`.
 */
type WorkspaceEnv = Readonly<Record<string, string>>;

/** The options that a parked Claude Code can still take. */
export function claimOptions(spec: TaskSpec, { workspaceEnv = {}, sandbox }: More = {}) {
  return {
    cwd: spec.workingDirectory,
    permissionMode: spec.permissionMode,
    // An overlay delays the prompt by one round trip, so it is sent only when needed.
    ...(hasRules(spec) || spec.effort !== null || asksInPlan(spec) || hasVariables(workspaceEnv) || sandbox !== undefined
      ? { settings: { ...rules(spec), ...effortOf(spec), ...planOf(spec), ...envOf(workspaceEnv), ...boxOf(sandbox) } }
      : {}),
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
 * All options of the task for a cold start.
 * @param above files of other users above the directory, which are kept out.
 * @param env values of variables in MCP servers.
 */
export function coldOptions(spec: TaskSpec, above: FilesAbove, env: Readonly<Record<string, string>>, more: More = {}) {
  const append = spec.systemPrompt === null ? {} : { append: spec.systemPrompt };
  return {
    cwd: spec.workingDirectory,
    permissionMode: spec.permissionMode,
    systemPrompt: { type: "preset" as const, preset: "claude_code" as const, ...append },
    ...settingsOf(spec, above, more),
    ...mcpServersOf(spec, above, { ...env, ...more.workspaceEnv }),
    ...directoriesOf(spec),
    ...unseen,
    ...(spec.permissionMode === "bypassPermissions" ? { allowDangerouslySkipPermissions: true } : {}),
    ...(spec.model === null ? {} : { model: spec.model }),
    ...(spec.fallbackModel === null ? {} : { fallbackModel: spec.fallbackModel }),
    ...(spec.effort === null ? {} : { effort: spec.effort }),
    ...(spec.agent === null ? {} : { agent: spec.agent }),
    ...(spec.maxTurns === null ? {} : { maxTurns: spec.maxTurns }),
    ...(spec.jsonSchema === null ? {} : { outputFormat: { type: "json_schema" as const, schema: schemaForClaude(spec.jsonSchema) } }),
    ...(spec.maxBudgetUsd === null ? {} : { maxBudgetUsd: spec.maxBudgetUsd }),
  };
}

/**
 * The task's own settings with its rules, and the patterns that keep instructions of other users
 * out.
 */
function settingsOf(spec: TaskSpec, { excluded }: FilesAbove, { workspaceEnv = {}, sandbox }: More) {
  const isPlain = spec.settings === null && !hasRules(spec) && excluded.length === 0;
  if (isPlain && !asksInPlan(spec) && !hasVariables(workspaceEnv) && sandbox === undefined) return {};
  const own = spec.settings ?? {};
  const permissions = objectOf(own["permissions"]);
  const joined = (name: "allow" | "deny"): unknown[] => [...arrayOf(permissions[name]), ...spec[name]];
  const excludes = [...arrayOf(own["claudeMdExcludes"]), ...excluded];
  return {
    settings: {
      ...planOf(spec),
      ...own,
      ...envOf({ ...workspaceEnv, ...(objectOf(own["env"]) as WorkspaceEnv) }),
      ...boxOf(sandbox),
      permissions: { ...permissions, allow: joined("allow"), deny: joined("deny") },
      ...(excludes.length === 0 ? {} : { claudeMdExcludes: excludes }),
    },
  };
}

/** The task's own servers. Where a `.mcp.json` must not be read, all servers that count. */
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
 * Sends settings over stdin, because every user of the machine can read an argument (`ps`). The SDK
 * has this option, but its types do not. A Claude Code that is older than the SDK's own refuses it.
 */
const unseen = { settingsDelivery: "initialize" };

function hasRules({ allow, deny }: TaskSpec): boolean {
  return allow.length + deny.length > 0;
}

/**
 * In plan mode Claude Code lets a classifier decide calls, which a gateway may not have: then it
 * refuses and never asks (measured with 2.1.330).
 */
function asksInPlan({ permissionMode, onQuestion }: TaskSpec): boolean {
  return permissionMode === "plan" && onQuestion !== "deny";
}

function planOf(spec: TaskSpec) {
  return asksInPlan(spec) ? { useAutoModeDuringPlan: false } : {};
}

function boxOf(sandbox: SandboxOrder | undefined) {
  return sandbox === undefined ? {} : { sandbox: claudeSandbox(sandbox) };
}

function hasVariables(workspaceEnv: WorkspaceEnv): boolean {
  return Object.keys(workspaceEnv).length > 0;
}

function envOf(workspaceEnv: WorkspaceEnv) {
  return hasVariables(workspaceEnv) ? { env: { ...workspaceEnv } } : {};
}

function directoriesOf({ additionalDirectories }: TaskSpec) {
  return additionalDirectories.length === 0 ? {} : { additionalDirectories: [...additionalDirectories] };
}

/** The effort inside of settings, because a claim has no other place for it. */
function effortOf({ effort }: TaskSpec) {
  return effort === null ? {} : { effortLevel: effort };
}

function rules(spec: TaskSpec) {
  return { permissions: { allow: [...spec.allow], deny: [...spec.deny] } };
}

export const probePrompt = "Answer with the word OK.";

/**
 * The options of a probe: one turn with few tokens, without tools, hooks, MCP servers or a stored
 * session. The user's own settings count, because they may name the sign-in.
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

/** Turns of a judge: the answer, and few tries to make it fit. */
const judgeTurns = 5;

/**
 * The options of a judge: no tools but the one that takes the answer, no hooks, MCP servers or
 * instructions of the project, and no stored session.
 */
export function judgeOptions(env: Readonly<Record<string, string>>, executable: string | null, request: JudgeRequest) {
  const { model, directory, budgetUsd } = request;
  return {
    env: { ...env, CLAUDE_CODE_STARTUP_FAILURE_RESULTS: "1" },
    cwd: directory,
    settingSources: ["user" as const],
    settings: { disableAllHooks: true },
    systemPrompt: judgeSystemPrompt,
    tools: [],
    strictMcpConfig: true,
    maxTurns: judgeTurns,
    permissionMode: "dontAsk" as const,
    persistSession: false,
    outputFormat: { type: "json_schema" as const, schema: { ...judgementSchema } },
    ...unseen,
    ...(model === null ? {} : { model }),
    ...(budgetUsd === null ? {} : { maxBudgetUsd: budgetUsd }),
    ...(executable === null ? {} : { pathToClaudeCodeExecutable: executable }),
  };
}

/** The text for Claude when a call needs a person, who is not present. */
export function denialOf(tool: string): string {
  if (tool === "AskUserQuestion") {
    return "There is no user to answer: this task runs in the background. Decide by yourself and say in your final answer what you assumed.";
  }
  if (tool === "ExitPlanMode") {
    return "There is no user to approve it: this task ends with the plan. Give the whole plan as your final answer.";
  }
  return `There is no user to approve ${tool}: this task runs in the background and its permission rules do not allow this call. Continue without it; if that is not possible, end and say what you would have needed.`;
}
