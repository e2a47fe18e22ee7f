/**
 * Checks the rights that a task needs: at submit and retry, and again at every start, because
 * trust, settings and tokens may have changed since. The store keeps the caller of the last
 * request.
 */
import type { Settings } from "../../config/settings.ts";
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isDefault, optionRows } from "../../domain/task/option-values.ts";
import type { TaskOptionFields } from "../../domain/task/option-values.ts";
import type { PermissionMode } from "../../domain/task/permission-mode.ts";
import { callerText } from "../../domain/text/caller-text.ts";
import type { Store, TaskRow } from "../../store/store.ts";
import type { TaskCaller } from "../../store/sqlite/task-callers.ts";
import { isAgent, requireAgentRights, requireTreeBudget } from "./guard-agent.ts";
import { requireNamedSetup, requireNamedVerify } from "./verify-rights.ts";
import { additionalDirectory, requireRoot, requireTrust } from "../tasks/working-directory.ts";
import type { ClaudeCodeTrust } from "../tasks/working-directory.ts";

export interface RightsContext {
  readonly store: Store;
  readonly settings: Settings;
  readonly claudeCodeTrust: ClaudeCodeTrust;
}

/** The fields of a task that its rights depend on. */
export type RightsTask = Pick<TaskRow, "workingDirectory" | "additionalDirectories" | "permissionMode" | "allow" | "parentId"> &
  Partial<TaskOptionFields>;

/**
 * The caller as it is stored with a task, inside `write` or outside. A request from inside a task
 * counts for that task's token.
 */
export function taskCallerOf(store: Store, caller: Caller): TaskCaller {
  const inherited = caller.taskId === undefined ? null : (store.callers.get(caller.taskId)?.tokenId ?? null);
  return { name: caller.name, scope: caller.scope, tokenId: caller.tokenId ?? inherited, isAgent: isAgent(caller) };
}

/**
 * Checks whether this caller has the rights for this task now.
 * @throws WorkerError forbidden (permission mode, allowed directories, an agent's limits),
 * untrusted_directory.
 */
export function requireRights(context: RightsContext, task: RightsTask, caller: TaskCaller): void {
  const { store, settings, claudeCodeTrust } = context;
  requireBypassRights(task.permissionMode, caller);
  requireScopes(task, caller);
  requireRoot(task.workingDirectory, settings.allowed_roots);
  requireTrust(task.workingDirectory, store.trust, claudeCodeTrust);
  for (const [index, directory] of task.additionalDirectories.entries()) {
    requireRoot(directory, settings.allowed_roots, additionalDirectory(index));
    requireTrust(directory, store.trust, claudeCodeTrust, additionalDirectory(index));
  }
  if (!caller.isAgent) return;
  requireAgentRights({ store, settings }, task);
  requireNamedVerify(context, task);
  requireNamedSetup(context, task);
}

/**
 * Checks options that need a scope of the caller.
 * @throws WorkerError forbidden.
 */
function requireScopes(task: Partial<TaskOptionFields>, caller: TaskCaller): void {
  if (isOwner(caller)) return;
  for (const row of optionRows) {
    const value = task[row.field as keyof TaskOptionFields];
    if (row.needs === undefined || value === undefined || isDefault(row, value)) continue;
    const detail = "needs the admin scope, and no agent has it";
    throw new WorkerError(
      "forbidden",
      `${row.name} ${detail}: it can run commands as your user. Ask with an admin token, or leave it out.`,
      [{ pointer: `/${row.name}`, detail }],
    );
  }
}

function isOwner({ scope, isAgent: byAgent }: Pick<TaskCaller, "scope" | "isAgent">): boolean {
  return scope === "admin" && !byAgent;
}

/** @throws WorkerError forbidden. */
export function requireBypassRights(mode: PermissionMode, caller: Pick<TaskCaller, "scope" | "isAgent">): void {
  if (mode !== "bypassPermissions" || isOwner(caller)) return;
  throw new WorkerError(
    "forbidden",
    "bypassPermissions needs the admin scope, and no agent has it. Choose another permission mode, or ask with an admin token.",
  );
}

/**
 * Checks whether a pending task may start now: the caller of the last request must still have the
 * rights, and its token must still exist. An expired token cannot make new requests, but its
 * earlier tasks run.
 * @throws WorkerError forbidden, untrusted_directory.
 */
export function requireStart(context: RightsContext, task: TaskRow): void {
  const caller = requireRightsStill(context, task);
  if (caller.isAgent) requireTreeBudget(context.store, task);
}

/**
 * Checks whether the caller of a task has the rights for it still: before a start, and before its
 * commands run without it.
 * @returns that caller. @throws WorkerError forbidden, untrusted_directory.
 */
export function requireRightsStill(context: RightsContext, task: TaskRow): TaskCaller {
  const { store } = context;
  const caller = store.callers.get(task.id) ?? owner;
  if (caller.tokenId !== null && !store.tokens.exists(caller.tokenId)) {
    const again = `claude-worker cancel ${task.id}, then claude-worker retry ${task.id}`;
    throw new WorkerError(
      "forbidden",
      `It was asked for by ${callerText(caller.name)}, which was removed. To run it all the same: ${again}`,
    );
  }
  requireRights(context, isOwner(caller) ? task : { ...task, ...store.tasks.longOptions(task.id) }, caller);
  return caller;
}

/** The caller of tasks from earlier versions, which did not store one. */
const owner: TaskCaller = { name: "socket", scope: "admin", tokenId: null, isAgent: false };
