/**
 * Changes a task: its name, priority and labels at any time; its prompt, options and time while it
 * is pending.
 */
import type { Caller } from "../../contract/caller.ts";
import type { TaskChange } from "../../contract/operations/tasks.ts";
import { WorkerError } from "../../domain/errors.ts";
import { editProblem } from "../../domain/task/edit-problem.ts";
import type { Task } from "../../domain/task/task.ts";
import type { RetryPatch, Store } from "../../store/store.ts";
import { holdPrompt } from "../prompts/hold-prompt.ts";
import { doneBy } from "../rights/audit.ts";
import { admitAgentRetry, isAgent, requireAgentPriority, requireDelegated, requireOwn } from "../rights/guard-agent.ts";
import { requireRights, taskCallerOf } from "../rights/task-rights.ts";
import { locksOf } from "./checkout-lock.ts";
import { requireSchema } from "./require-schema.ts";
import { requireTask } from "./require-task.ts";
import { changesOf, namesOf } from "./retry-changes.ts";
import { requireBaselineCommand, requireGoal, requirePossible, requireProtectable } from "./submit-task.ts";
import type { SubmitContext } from "./submit-task.ts";
import { requireProfileOfSession, requireSameWorkspace } from "./retry-task.ts";
import { startOf } from "./submit-order.ts";
import { realDirectories, realDirectory } from "./working-directory.ts";

interface UpdateOptions {
  readonly caller: Caller;
  /**
   * Checks the task before the change, in the same transaction. When it throws, nothing changes.
   */
  readonly check: (task: Task) => void;
}

/** What changes at any time. */
type Marks = Pick<TaskChange, "name" | "priority" | "labels">;

/**
 * @throws WorkerError not_found; forbidden (for an agent when the task is not its own or the
 * priority is too high; for everyone as at a submit); conflict when prompt or options are to change
 * and the task has begun; and like a submit: invalid_input, untrusted_directory.
 */
export async function updateTask(
  context: SubmitContext,
  id: number,
  { name, priority, labels, ...work }: TaskChange,
  { caller, check }: UpdateOptions,
): Promise<Task> {
  const { store } = context;
  const now = context.now();
  await requireSchema({ jsonSchema: work.json_schema ?? null });
  const updated = await store.write(() => {
    const task = requireTask(store, id);
    requireOwn(store, task, caller);
    if (priority !== undefined && isAgent(caller)) requireAgentPriority(context, task, priority);
    check(task);
    return store.tasks.patch(id, now, { ...marksOf({ name, priority, labels }), ...workOf(context, task, work, { caller, now }) });
  });
  return updated ?? requireTask(store, id);
}

function marksOf({ name, priority, labels }: Marks): RetryPatch {
  return {
    ...(name === undefined ? {} : { name }),
    ...(priority === undefined ? {} : { priority }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/** Inside `write`. The changes of prompt, options and time; the caller is then the task's. */
function workOf(
  context: SubmitContext,
  task: Task,
  { prompt, not_before, ...input }: Omit<TaskChange, keyof Marks>,
  { caller, now }: { readonly caller: Caller; readonly now: number },
): RetryPatch & { prompt?: string } {
  const changes = changesOf(context, task, input);
  const start = not_before === undefined ? {} : startOf({ not_before }, now);
  const patch = { ...changes, ...(prompt === undefined ? {} : { prompt }), ...withoutStash(start) };
  const changed = [...(prompt === undefined ? [] : ["prompt"]), ...(not_before === undefined ? [] : ["not_before"]), ...namesOf(changes)];
  if (changed.length === 0) return {};
  requirePending(task, prompt !== undefined);
  requireSameWorkspace(task, changes);
  if (task.resumable) requireProfileOfSession(task, changes, `claude-worker cancel ${task.id}, then claude-worker retry ${task.id}`);
  const { store } = context;
  const after = { ...task, ...changes };
  const asked = taskCallerOf(store, caller);
  if (isAgent(caller)) {
    requireDelegated(store, task, caller);
    admitAgentRetry(context, after, caller, task);
  }
  const workingDirectory = realDirectory(after.workingDirectory);
  requireRights(context, { ...after, workingDirectory, additionalDirectories: realDirectories(after.additionalDirectories) }, asked);
  requirePossible(after, context);
  requireProtectable({ ...after, workingDirectory });
  requireGoal(after);
  requireBaselineCommand(after);
  store.callers.put(task.id, asked);
  if (prompt !== undefined) holdChangedPrompt(store, task, prompt);
  store.events.append(task.id, null, [{ type: "edited", at: now, data: { ...doneBy(caller), changed } }]);
  return { ...patch, locks: locksOf(context, { ...after, workingDirectory }) };
}

/** Text that came from a pipe or a file stays as it is, where the new prompt still ends with it. */
function holdChangedPrompt(store: Store, { id, prompt: before }: Task, prompt: string): void {
  const held = store.prompts.get(id);
  const { literalFrom = null, given = null } = held ?? {};
  const literal = literalFrom === null ? null : before.slice(literalFrom);
  const from = literal === null ? null : prompt.endsWith(literal) ? prompt.length - literal.length : 0;
  store.prompts.remove(id);
  holdPrompt(store, { id, prompt }, { literalFrom: from, given, pointer: "/prompt" });
}

function withoutStash({ stashedAt: _kept, ...start }: Partial<ReturnType<typeof startOf>>): Partial<ReturnType<typeof startOf>> {
  return start;
}

/** @throws WorkerError conflict. */
function requirePending({ id, status, sessionId, resumable }: Task, isPrompt: boolean): void {
  const hasSession = sessionId !== null;
  const problem = editProblem({ id, status, hasSession, hasBegun: resumable && hasSession }, isPrompt);
  if (problem !== null) throw new WorkerError("conflict", problem);
}
