/** Claims a pending task for a runner. */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { rawLogPath } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import { profileAtStart } from "../domain/order/held.ts";
import type { AccountOf } from "../domain/order/held.ts";
import { isOver } from "../domain/order/hold.ts";
import { waitingFor } from "../domain/order/admission.ts";
import { freePorts } from "../domain/workspace/workspace-variables.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import type { Store, TaskRow } from "../store/store.ts";
import type { Reserved } from "./runner-pool.ts";

export interface ClaimContext {
  readonly store: Store;
  readonly paths: Paths;
  readonly nodeId: string;
  readonly bootId: string | null;
  now(): number;
  /** The account of each profile. */
  account: AccountOf;
  /** The profile that pays where a limit holds tasks of this one; null: none. Default: none. */
  whenHeld?(profile: string): string | null;
  /**
   * Checked inside of the claim, because rights may have been revoked since the scheduler chose the
   * task. Default: always true.
   */
  mayStart?(taskId: number): boolean;
}

/**
 * Claims the task inside of a write of the store.
 * @returns null when the task is not pending any more, or may not start.
 */
export function claimTask(context: ClaimContext, taskId: number, runner: Reserved): { task: Task; attempt: Attempt } | null {
  const { store, nodeId, bootId, paths, account } = context;
  const now = context.now();
  const task = store.tasks.get(taskId);
  if (task === null || task.status !== "pending" || context.mayStart?.(taskId) === false) return null;
  // The runner's environment is that of a profile, and the task may have been edited since.
  if (runner.profile !== profileOfStart(context, task) || isBlocked(context, task, now)) return null;
  const resume = task.resumable && task.sessionId !== null;
  const sessionId = resume ? task.sessionId : runner.warm ? null : randomUUID();
  const { runnerId, warm } = runner;
  const last = resume ? store.attempts.lastOutcome(taskId) : null;
  const journalStart = sizeOf(rawLogPath(paths, taskId));
  const claim = store.attempts.claim(
    taskId,
    { runnerId, nodeId, sessionId, resume, warm, bootId, account: account(runner.profile), startedUp: bootClockMs(), journalStart },
    now,
  );
  if (claim === null) return null;
  const pays = runner.profile === task.profile ? null : { profile: runner.profile, profileAsked: task.profile };
  const claimed = pays === null ? claim.task : (store.tasks.patch(taskId, now, pays) ?? claim.task);
  givePorts(store, paths, taskId);
  // An attempt that puts files back hears none: they continue the task after its end.
  if (task.keeping === null) store.messages.give(taskId, claim.attempt.id);
  const paid = pays === null ? {} : { profile: pays.profile, profile_asked: pays.profileAsked };
  const data = { attempt: claim.attempt.number, runner_id: runnerId, session_id: sessionId, warm, ...paid };
  store.events.append(taskId, claim.attempt.id, [
    resume ? { type: "resumed", at: now, data: { ...data, ...uncutAfter(last) } } : { type: "started", at: now, data },
  ]);
  return { ...claim, task: claimed };
}

/** The profile that the task would start under now: its own, or the one that pays instead. */
export function profileOfStart(context: Pick<ClaimContext, "store" | "account" | "whenHeld" | "now">, task: TaskRow): string {
  const now = context.now();
  const inForce = context.store.holds.active().filter((hold) => !isOver(hold, now));
  return profileAtStart(task, inForce, context);
}

/**
 * Whether something keeps the task from starting that came after the scheduler chose it: it was put
 * aside or edited, a person paused the server or its group, another task took its lock.
 */
function isBlocked({ store, account }: ClaimContext, task: Task, now: number): boolean {
  const prompt = store.prompts.get(task.id);
  if (prompt !== null && prompt.rendered === null) return true;
  const holds = store.holds.active().filter(({ kind }) => kind === "manual");
  return waitingFor(task, { running: 0, slots: 1, holds, account, now, lanes: store.groups.lanes(now) }) !== null;
}

/** A worktree that was deleted, or is of an earlier version, has no ports. */
function givePorts({ workspaces }: Store, { home }: Paths, taskId: number): void {
  const workspace = workspaces.get(taskId);
  if (workspace?.kind !== "worktree" || workspace.ports !== null) return;
  workspaces.put({ ...workspace, ports: freePorts(workspaces.ports(), home) });
}

function uncutAfter(last: Outcome | null): { uncut?: true } {
  return last?.kind === "succeeded" || last?.kind === "parked" ? { uncut: true } : {};
}

/** Bytes of a file now; 0 when there is none. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
