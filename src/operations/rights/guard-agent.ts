/**
 * Implements the guardrails: what an agent may submit, and how much. They apply to every call of an
 * agent (MCP, or any call from inside a task) over all of CLI, REST and MCP, and not to people.
 * Every refusal says what to do instead.
 */
import type { Settings } from "../../config/settings.ts";
import { accountOf } from "../../contract/account.ts";
import type { Caller } from "../../contract/caller.ts";
import type { FilledTaskInput, ParsedTaskInput } from "../../contract/task-input.ts";
import { budgetLeft, budgetShare, isCovered, isWiderMode, narrowerMode } from "../../domain/agents/agent-rights.ts";
import { WorkerError } from "../../domain/errors.ts";
import { promptAdvice, promptProblems } from "../../domain/agents/prompt-quality.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import { stricterSandbox } from "../../domain/task/sandbox.ts";
import type { SandboxMode } from "../../domain/task/sandbox.ts";
import type { PermissionMode } from "../../domain/task/permission-mode.ts";
import type { NewTask, Store, TaskRow } from "../../store/store.ts";
import { submittedOptions } from "../../domain/task/option-values.ts";
import { requireOptionsForAgents } from "./agent-options.ts";
import { promptRulesOf } from "./prompt-rules.ts";
import { requireTask } from "../tasks/require-task.ts";

/** Rounding error that equal sums of money may have. */
const roundingUsd = 1e-9;

interface GuardContext {
  readonly store: Store;
  readonly settings: Settings;
}

/** Whether the guardrails apply to this caller. */
export function isAgent(caller: Caller): boolean {
  return caller.agent !== undefined || caller.taskId !== undefined;
}

/** Where a task comes from, beside what its submit says. */
export interface TaskOrigin {
  /** Whether a person wrote the prompt, in a template: no rule for agents' prompts applies. */
  readonly isFromTemplate?: boolean;
  /** Whether it belongs to a run that is there already: the task that began it may have ended. */
  readonly isInRun?: boolean;
}

/** The fields of an agent's task that the guardrails set. */
export type AgentTerms = Pick<NewTask, "permissionMode" | "deny" | "sandbox" | "sandboxAllowHosts" | "parentId" | "depth">;

/**
 * The checks of one task that need no transaction.
 * @param origin where the task comes from.
 * @throws WorkerError unprocessable (prompts), forbidden (wider than the caller, too deep, the
 * parent has ended).
 */
export function agentTerms(
  { store, settings }: GuardContext,
  input: FilledTaskInput,
  caller: Caller,
  { isFromTemplate = false, isInRun = false }: TaskOrigin = {},
): AgentTerms {
  if (!isFromTemplate) requireGoodPrompts(input, settings);
  requireOptionsForAgents(submittedOptions(input, settings));
  const parent = caller.taskId === undefined ? null : requireTask(store, caller.taskId);
  requireRules(input.allow, grantedRules(settings, parent));
  requirePriority(settings, input.priority, parent);
  return {
    permissionMode: modeWithin(widestMode(settings, parent), input.permission_mode ?? null, settings),
    deny: [...new Set([...input.deny, ...(parent?.deny ?? [])])],
    sandbox: stricterSandbox(input.sandbox ?? "off", leastSandbox(settings, parent)),
    sandboxAllowHosts: parent?.sandboxAllowHosts ?? [],
    parentId: parent?.id ?? null,
    depth: depthBelow(parent, settings, isInRun),
  };
}

/**
 * Inside `write`: checks that the client's queue and the tree's budget have room for these tasks.
 * @returns the tasks with their shares of the budget.
 * @throws WorkerError too_many_requests, forbidden.
 */
export function admitAgentTasks<T extends NewTask>(context: GuardContext, tasks: readonly T[], caller: Caller): T[] {
  requireQueueRoom(context, tasks.length, caller);
  const root = rootOf(context.store, caller);
  if (root === null) return [...tasks];
  const below = context.store.agentTasks.below(root.id);
  return tasks.map((task) => {
    const left = budgetLeft(root, below);
    const maxBudgetUsd = budgetShare(left, task.maxBudgetUsd);
    if (left !== null && maxBudgetUsd === 0) throw overBudget(root, left);
    below.push({ costUsd: null, maxBudgetUsd, isOpen: true });
    return { ...task, maxBudgetUsd };
  });
}

/** The profile that the calling task asked for; null: no task calls. */
export function profileOfCaller(store: Store, { taskId }: Caller): string | null {
  if (taskId === undefined) return null;
  const { profile, profileAsked } = requireTask(store, taskId);
  return profileAsked ?? profile;
}

/**
 * Checks the profile that an agent names: it has that of its task, or of group and directory.
 * @throws WorkerError forbidden.
 */
export function requireOwnProfile(profile: string, own: string): void {
  if (profile === own) return;
  const detail = `is another one than agents have here: ${own}`;
  throw new WorkerError("forbidden", `The profile ${profile} ${detail}. Leave profile out, or ask the user to submit the task.`, [
    { pointer: "/profile", detail },
  ]);
}

/** Inside `write`: stores which client and tree the task belongs to. */
export function enterAgentTask(store: Store, task: Task, caller: Caller): void {
  store.agentTasks.insert({ taskId: task.id, client: clientOf(store, caller), rootId: rootOf(store, caller)?.id ?? task.id });
}

/**
 * Checks the rights of a task that an agent submits or retries.
 * @throws WorkerError forbidden: a mode or rules that agents (or the task's parent) do not have.
 */
export function requireAgentRights(
  { store, settings }: GuardContext,
  task: Pick<TaskRow, "permissionMode" | "allow" | "parentId"> & Partial<Pick<TaskRow, "sandbox">>,
): void {
  const parent = parentOf(store, task);
  requireSandbox(task.sandbox ?? "off", leastSandbox(settings, parent));
  modeWithin(widestMode(settings, parent), task.permissionMode, settings);
  requireRules(task.allow, grantedRules(settings, parent));
}

/**
 * Checks the priority that an agent gives to a task.
 * @throws WorkerError forbidden.
 */
export function requireAgentPriority({ store, settings }: GuardContext, task: Pick<TaskRow, "parentId">, priority: number): void {
  requirePriority(settings, priority, parentOf(store, task));
}

/**
 * Checks that a child task's tree still has budget, before the child starts.
 * @throws WorkerError forbidden.
 */
export function requireTreeBudget(store: Store, task: Pick<TaskRow, "id" | "costUsd">): void {
  const rootId = store.agentTasks.get(task.id)?.rootId ?? task.id;
  const root = rootId === task.id ? null : store.tasks.row(rootId);
  if (root === null || root.maxBudgetUsd === null) return;
  const left = leftFor(store, root, task);
  if (left === 0) throw overBudget(root, left);
}

/**
 * Inside `write`: checks room and budget again when an agent retries a task.
 * @param task after the change: the tree must have the unspent rest of its budget.
 * @param before the task before the change.
 * @throws WorkerError too_many_requests, forbidden.
 */
export function admitAgentRetry(context: GuardContext, task: Task, caller: Caller, before: Task): void {
  requireOwn(context.store, task, caller);
  requireAgentPriority(context, task, task.priority);
  requireOptionsForAgents(task, before);
  requireDenied(task, before);
  requireOwnProfile(task.profile, before.profile);
  requireQueueRoom(context, 1, caller);
  const root = rootOf(context.store, caller);
  const left = root === null ? null : leftFor(context.store, root, task);
  if (root === null || left === null) return;
  // The task takes only the unspent rest of its budget from the tree.
  const rest = (task.maxBudgetUsd ?? Infinity) - (task.costUsd ?? 0);
  if (left === 0 || rest - left > roundingUsd) throw overBudget(root, left);
}

/** Rules that deny came from the task that submitted it, or from a person. */
function requireDenied(task: Task, before: Task): void {
  if (before.deny.every((rule) => task.deny.includes(rule))) return;
  const detail = "has rules that no agent takes away";
  throw new WorkerError("forbidden", `deny ${detail}. Add to them, or leave it out.`, [{ pointer: "/deny", detail }]);
}

/**
 * The rest of a tree's budget for one of its tasks, without what that task has spent; null: the
 * root has no budget.
 */
function leftFor(store: Store, root: TaskRow, task: Pick<TaskRow, "id" | "costUsd">): number | null {
  const left = budgetLeft(root, store.agentTasks.below(root.id, task.id));
  return left === null ? null : Math.max(0, left - (task.costUsd ?? 0));
}

/** Whether the task is of the tree of the task that calls. Outside of tasks each is. */
export function isOwn(store: Store, task: Pick<Task, "parentId">, caller: Caller): boolean {
  if (caller.taskId === undefined) return true;
  for (let parentId = task.parentId; parentId !== null; parentId = store.tasks.get(parentId)?.parentId ?? null) {
    if (parentId === caller.taskId) return true;
  }
  return false;
}

/**
 * Checks that an agent inside a task changes only tasks of its own tree.
 * @throws WorkerError forbidden.
 */
export function requireOwn(store: Store, task: Task, caller: Caller): void {
  if (isOwn(store, task, caller)) return;
  throw new WorkerError(
    "forbidden",
    `Task ${task.id} was not submitted by task ${caller.taskId}. From inside a task only its own tasks can be changed.`,
  );
}

/**
 * Checks that an agent speaks only to tasks of its own: those of its tree, or, outside of tasks,
 * those that its client has submitted.
 * @throws WorkerError forbidden.
 */
export function requireDelegated(store: Store, task: Task, caller: Caller): void {
  requireOwn(store, task, caller);
  if (caller.taskId !== undefined || store.agentTasks.get(task.id)?.client === clientOf(store, caller)) return;
  throw new WorkerError(
    "forbidden",
    `Task ${task.id} was not submitted by this client. Ask the user to say it: claude-worker inbox, claude-worker send ${task.id}`,
  );
}

/**
 * The client that the limits apply to: a tree counts as one client; otherwise an account counts
 * with all of its clients.
 */
export function clientOf(store: Store, caller: Caller): string {
  const root = rootOf(store, caller);
  if (root !== null) return `task:${root.id}`;
  return accountOf(caller);
}

function rootOf(store: Store, { taskId }: Caller): Task | null {
  if (taskId === undefined) return null;
  const rootId = store.agentTasks.get(taskId)?.rootId ?? taskId;
  // When the root was removed, the calling task counts as the root.
  return store.tasks.get(rootId) ?? requireTask(store, taskId);
}

function requireGoodPrompts(input: ParsedTaskInput, settings: Settings): void {
  const rules = promptRulesOf(settings);
  const problems = promptProblems(input, rules);
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  throw new WorkerError(
    "unprocessable",
    `The task would not stand alone: ${first.pointer.slice(1)} ${first.detail}${more}. ${promptAdvice(rules).join(" ")}`,
    problems,
  );
}

function parentOf(store: Store, { parentId }: Pick<TaskRow, "parentId">): TaskRow | null {
  return parentId === null ? null : store.tasks.row(parentId);
}

function widestMode({ agent_permission_mode }: Settings, parent: Pick<Task, "permissionMode"> | null): PermissionMode {
  return parent === null ? agent_permission_mode : narrowerMode(agent_permission_mode, parent.permissionMode);
}

function grantedRules({ agent_allow }: Settings, parent: Pick<Task, "allow"> | null): string[] {
  return [...agent_allow, ...(parent?.allow ?? [])];
}

function requirePriority({ agent_priority }: Settings, priority: number, parent: Pick<Task, "priority"> | null): void {
  const most = Math.max(agent_priority, parent?.priority ?? agent_priority);
  if (priority <= most) return;
  const detail = `is higher than agents may give: at most ${most}`;
  throw new WorkerError("forbidden", `The priority ${priority} ${detail}. Give a lower one, or ask the user to raise it.`, [
    { pointer: "/priority", detail },
  ]);
}

function modeWithin(widest: PermissionMode, asked: PermissionMode | null, settings: Settings): PermissionMode {
  if (asked === null) return narrowerMode(settings.permission_mode, widest);
  if (!isWiderMode(asked, widest)) return asked;
  const detail = `is wider than agents may ask for: at most ${widest}`;
  throw new WorkerError(
    "forbidden",
    `The permission mode ${asked} ${detail}. Leave permission_mode out, or ask the user to submit the task.`,
    [{ pointer: "/permission_mode", detail }],
  );
}

function requireRules(allow: readonly string[], granted: readonly string[]): void {
  const problems = allow.flatMap((rule, index) =>
    isCovered(rule, granted) ? [] : [{ pointer: `/allow/${index}`, detail: `${rule} is not among what agents may hand on` }],
  );
  if (problems.length === 0) return;
  const may = granted.length === 0 ? "no permission rules" : `only ${granted.join(", ")}`;
  throw new WorkerError(
    "forbidden",
    `Agents may hand on ${may}. Leave the others out (the directory's own settings hold anyway), or ask the user to allow them: claude-worker config set agent_allow "RULE,RULE"`,
    problems,
  );
}

function depthBelow(parent: Task | null, { agent_depth }: Settings, isInRun: boolean): number {
  if (parent === null) return 0;
  if (!isInRun && isTerminal(parent.status)) {
    throw new WorkerError("forbidden", `Task ${parent.id} has ended; what is left of it submits nothing. End, or do the work yourself.`);
  }
  const depth = parent.depth + 1;
  if (depth <= agent_depth) return depth;
  throw new WorkerError(
    "forbidden",
    `Task ${parent.id} is ${parent.depth} levels deep already, and ${agent_depth} are allowed. Do this work yourself instead of submitting it.`,
  );
}

function requireQueueRoom({ store, settings }: GuardContext, more: number, caller: Caller): void {
  const client = clientOf(store, caller);
  const open = store.agentTasks.openOf(client);
  if (open + more <= settings.agent_open) return;
  throw new WorkerError(
    "too_many_requests",
    `${open} of your tasks have not ended yet, and ${settings.agent_open} may be open. Wait until some have ended, or put more into each task.`,
  );
}

function overBudget(root: Pick<Task, "id" | "maxBudgetUsd">, left: number): WorkerError {
  return new WorkerError(
    "forbidden",
    `The budget of task ${root.id} ($${root.maxBudgetUsd ?? 0}) is shared by every task below it, and $${left.toFixed(2)} is left. Ask for less (max_budget_usd), wait until others have ended, or do the work yourself.`,
    [{ pointer: "/max_budget_usd", detail: `at most ${left.toFixed(2)} is left` }],
  );
}

/** The sandbox that an agent's task has at least: nothing leaves that of the task which asks. */
function leastSandbox(settings: Settings, parent: Pick<TaskRow, "sandbox"> | null): SandboxMode {
  return stricterSandbox(settings.sandbox, parent?.sandbox ?? "off");
}

/** @throws WorkerError forbidden. */
function requireSandbox(mode: SandboxMode, least: SandboxMode): void {
  if (stricterSandbox(mode, least) === mode) return;
  const detail = `is weaker than the user's setting or the task that asks (${least})`;
  throw new WorkerError("forbidden", `The sandbox ${mode} ${detail}. Leave it out.`, [{ pointer: "/sandbox", detail }]);
}
