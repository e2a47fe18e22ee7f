/**
 * Forks a task: submits a new task with the same options, which begins with a copy of the other
 * one's conversation. The other task stays as it is.
 */
import type { Caller } from "../../contract/caller.ts";
import type { ForkInput } from "../../contract/operations/tasks.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import { checkpointOfTurn } from "../../domain/workspace/checkpoint-of-turn.ts";
import { doneBy } from "../rights/audit.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { requireRights, taskCallerOf } from "../rights/task-rights.ts";
import { sessionEnvironment } from "../../config/profile-environment.ts";
import type { WorktreePlan } from "../../git/worktree-plan.ts";
import type { Store } from "../../store/store.ts";
import { chooseWorktree } from "../workspaces/plan-worktrees.ts";
import { pointOfTurn, presentPoint } from "./copy-point.ts";
import { requireTask } from "./require-task.ts";
import { requirePossible, requireRoom, takeRate } from "./submit-task.ts";
import type { SubmitContext } from "./submit-task.ts";
import { realDirectories, realDirectory } from "./working-directory.ts";

/**
 * @param input.at the last turn that the new task has; absent: all that there are now.
 * @throws WorkerError not_found; conflict when the task never began, or no session has the turn any
 * more; and like a submit of a task with its options: invalid_input, untrusted_directory,
 * forbidden, too_many_requests.
 */
export async function forkTask(context: SubmitContext, id: number, { prompt, at }: ForkInput, caller: Caller): Promise<Task> {
  const { store } = context;
  const now = context.now();
  if (isAgent(caller))
    throw new WorkerError("forbidden", "Agents do not fork tasks. Submit a new task, or send a message to one of your own.");
  const begun = requireTask(store, id);
  const sessionId = requireSession(begun);
  const env = sessionEnvironment(context, begun.profile);
  const point = await (at === undefined ? presentPoint(store, env, sessionId) : pointOfTurn(store, env, begun, at));
  return await store.write(() => {
    const source = requireTask(store, id);
    const asked = taskCallerOf(store, caller);
    const workingDirectory = realDirectory(source.workingDirectory);
    const additionalDirectories = realDirectories(source.additionalDirectories);
    // Its images are in the conversation already, and its name is its own.
    const task = { ...source, workingDirectory, additionalDirectories, prompt, name: null, attachments: [], worktreeBranch: null };
    requireRights(context, task, asked);
    requirePossible(task, context);
    requireRoom(context, 1);
    takeRate(context, 1, caller, now);
    const fresh = { createdAt: now, notBefore: null, notBeforeReason: null, stashedAt: null, parentId: null, depth: 0, batch: null };
    const forked = store.tasks.insert({ ...task, ...fresh });
    store.forks.insert({ taskId: forked.id, fromTask: id, turn: at ?? null, ...point });
    const files = filesOf(store, id, at ?? Infinity);
    if (files !== null) chooseWorktree(store, context.paths, forked, files.plan, files.beginsWith);
    store.callers.put(forked.id, asked);
    const data = { ...doneBy(caller), forked_from: id, ...(at === undefined ? {} : { forked_at: at }) };
    store.events.append(forked.id, null, [{ type: "submitted", at: now, data }]);
    return { ...forked, lastSeq: 1 };
  });
}

/** What the fork of a task with a worktree begins with: the files as they were then. */
function filesOf(store: Store, id: number, turn: number): { plan: WorktreePlan; beginsWith: string | null } | null {
  const workspace = store.workspaces.get(id);
  if (workspace?.kind !== "worktree" || workspace.repository === null || workspace.baseCommit === null) return null;
  const last = checkpointOfTurn(store.checkpoints.ofTask(id), turn);
  const { repository, prefix, baseCommit, beginsWith } = workspace;
  return {
    plan: { repository, prefix, baseCommit: last?.head ?? baseCommit, branch: null },
    beginsWith: last === null ? beginsWith : last.commit,
  };
}

function requireSession({ id, sessionId }: Task): string {
  if (sessionId !== null) return sessionId;
  const advice = `Submit a new task, or wait until it has begun: claude-worker watch ${id}`;
  throw new WorkerError("conflict", `Task ${id} has not begun, so there is no conversation to fork. ${advice}`);
}
