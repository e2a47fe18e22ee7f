/**
 * Retries an ended task: from its beginning in a new session, or with `resume` from where it
 * stopped. Keeps its earlier attempts and events.
 */
import type { Caller } from "../../contract/caller.ts";
import { retryInput } from "../../contract/retry-input.ts";
import type { ParsedRetryInput } from "../../contract/retry-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { begunAgain } from "../../domain/task/begun-again.ts";
import { isBudgetSpent } from "../../domain/task/spending.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import { doneBy } from "../rights/audit.ts";
import { admitAgentRetry, enterAgentTask, isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { locksOf } from "./checkout-lock.ts";
import { requireSchema } from "./require-schema.ts";
import { startOf } from "./submit-order.ts";
import { requireTask } from "./require-task.ts";
import { changesOf, namesOf } from "./retry-changes.ts";
import type { Changes } from "./retry-changes.ts";
import { imagesOf, requireGoal, requirePossible, requireProtectable, requireRoom, takeRate } from "./submit-task.ts";
import type { SubmitContext } from "./submit-task.ts";
import { requireRights, taskCallerOf } from "../rights/task-rights.ts";
import { requireWorkspace } from "../workspaces/require-workspace.ts";
import { realDirectories, realDirectory } from "./working-directory.ts";

/**
 * Runs an ended task again, with these changes. The caller needs the rights for a submit of the
 * changed task, and is stored as the task's caller.
 * @throws WorkerError not_found, conflict when the task has not ended, has no session to resume or
 * has spent its budget; and like a submit: invalid_input (the directory does not exist),
 * untrusted_directory, forbidden, too_many_requests.
 */
export async function retryTask(context: SubmitContext, id: number, input: ParsedRetryInput, caller: Caller): Promise<Task> {
  const { store } = context;
  await requireSchema({ jsonSchema: input.json_schema ?? null });
  return await store.write(() => {
    const task = retryWithin(context, id, input, caller);
    // A caller who runs a skipped task again means it so.
    store.dependencies.waive(id);
    return task;
  });
}

/**
 * Inside `write`. Runs ended tasks again, in the order that they depend on each other.
 * @throws WorkerError like `retryTask`.
 */
export function retryTogether(context: SubmitContext, ids: readonly number[], caller: Caller): void {
  const input = retryInput.parse({});
  for (const id of ids) retryWithin(context, id, input, caller);
  // What a task depends on may stand behind it in the list.
  for (const id of ids) context.store.dependencies.lookAgain(id);
}

/** Inside `write`. Leaves the task's dependencies as they are. */
function retryWithin(context: SubmitContext, id: number, input: ParsedRetryInput, caller: Caller): Task {
  const { store } = context;
  const now = context.now();
  const task = requireTask(store, id);
  requireWorkspace(context, id);
  const changes = changesOf(context, task, input);
  requireSameWorkspace(task, changes);
  const resume = input.resume === true;
  // A new session begins under what was asked for.
  const asBefore = resume || task.profileAsked === null ? {} : { profile: task.profileAsked };
  const changed = { ...task, ...asBefore, ...changes };
  if (resume && task.sessionId === null) {
    throw new WorkerError("conflict", `Task ${id} has no session to resume. Run it again from the beginning: claude-worker retry ${id}`);
  }
  if (resume) requireProfileOfSession(task, changes, `claude-worker retry ${id}`);
  requireBudgetLeft(changed, store.agentTasks.belowUsd(task.id));
  const asked = taskCallerOf(store, caller);
  if (isAgent(caller)) {
    // Running it once more is less than making it another task.
    if (namesOf(changes).length > 0) requireDelegated(store, task, caller);
    admitAgentRetry(context, changed, caller, { ...task, ...asBefore });
  }
  const workingDirectory = realDirectory(changed.workingDirectory);
  const additionalDirectories = realDirectories(changed.additionalDirectories);
  requireRights(context, { ...changed, workingDirectory, additionalDirectories }, asked);
  requirePossible(changed, context);
  requireProtectable({ ...changed, workingDirectory });
  requireGoal(changed);
  requireRoom(context, 1);
  takeRate(context, 1, caller, now);
  const again = store.tasks.transition(id, "retry", now, {
    ...asBefore,
    ...changes,
    ...(resume ? {} : { profileAsked: null }),
    locks: locksOf(context, { ...changed, workingDirectory }),
    ...begunAgain,
    ...startOf(input, now),
    ...(resume ? { resumable: true } : { sessionId: null, resumable: false }),
    result: null,
    structuredResult: null,
  });
  if (again === null || !isTerminal(task.status))
    throw new WorkerError("conflict", `Task ${id} is ${task.status}. Only an ended task can be retried.`);
  if (!resume) store.prompts.forget(id);
  if (resume) store.questions.revive(id);
  store.verifications.outdate(id);
  store.iterations.outdate(id);
  store.attachments.add(id, imagesOf(input.attachments ?? []));
  store.callers.put(id, asked);
  if (isAgent(caller)) enterAgentTask(store, again, caller);
  const data = { ...doneBy(caller), was: task.status, resume, changed: namesOf(changes) };
  store.events.append(id, null, [{ type: "retried", at: now, data }], null);
  return again;
}

/** @throws WorkerError conflict: a task continues in the workspace that it has. */
export function requireSameWorkspace(task: Task, changes: Changes): void {
  const fixed = ["workspaceKind", "worktreeName", "worktreeBase", "worktreeBranch"] as const;
  const hasChanged = fixed.some((field) => changes[field] !== undefined && changes[field] !== task[field]);
  const isMoved =
    task.workspaceKind === "worktree" && changes.workingDirectory !== undefined && changes.workingDirectory !== task.workingDirectory;
  if (task.workspaceKind !== "worktree" && changes.setup != null)
    throw new WorkerError("conflict", `Task ${task.id} works in place, and only worktrees are set up. Leave setup out.`);
  if (!hasChanged && !isMoved) return;
  throw new WorkerError("conflict", `Task ${task.id} keeps the workspace that it has. Submit a new task for another one.`);
}

/**
 * @param advice what begins a new session, without the profile.
 * @throws WorkerError conflict: a session continues only under the profile that it began with.
 */
export function requireProfileOfSession({ id, profile, sessionId }: Task, changes: Changes, advice: string): void {
  const other = changes.profile ?? profile;
  if (sessionId === null || other === profile) return;
  const detail = `is ${other}, and the session of task ${id} began with ${profile}`;
  throw new WorkerError(
    "conflict",
    `The session of task ${id} began with the profile ${profile}, and the profile ${other} cannot continue it. Begin a new one: ${advice} --profile ${other}`,
    [{ pointer: "/profile", detail }],
  );
}

/**
 * Refuses a task without budget left: costs of earlier attempts count, so the task would pay for
 * one more model call and fail.
 */
export function requireBudgetLeft(task: Task, belowUsd: number): void {
  const whole = { ...task, costUsd: (task.costUsd ?? 0) + belowUsd };
  if (!isTerminal(task.status) || !isBudgetSpent(whole)) return;
  const { id, maxBudgetUsd, costUsd } = whole;
  const least = (Math.floor(costUsd * 100) + 1) / 100;
  throw new WorkerError(
    "conflict",
    `Task ${id} has spent its budget: $${costUsd.toFixed(4)} of $${maxBudgetUsd.toFixed(4)}. Give it a larger one (max_budget_usd above ${costUsd.toFixed(4)}): claude-worker retry ${id} --max-budget-usd ${least.toFixed(2)}`,
  );
}
