/**
 * Prepares tasks for their start: fills in their prompts, once for each beginning. A task fails
 * before it has an attempt when its prompt names a value that is missing, or when its profile
 * cannot be used.
 */
import { messageOf } from "../../domain/errors.ts";
import { defaultProfile } from "../../domain/task/profile.ts";
import type { WorkflowStep } from "../../domain/workflows/workflow.ts";
import type { Store } from "../../store/store.ts";
import { endWithoutAttempt } from "../tasks/end-without-attempt.ts";
import { fillPrompt } from "./fill-prompt.ts";
import { valuesOf } from "./prompt-values.ts";

interface PrepareContext {
  readonly store: Store;
  now(): number;
  /** Why a profile cannot be used now, as sentences; null: it can. Default: each can. */
  profileProblem?(profile: string): string | null;
  /** Brings a task of a workflow further. Resolves to whether Claude is to work on it now. */
  prepareStep?(step: WorkflowStep): Promise<boolean>;
}

/** @returns those of the tasks that can be claimed now. */
export async function prepareStart(context: PrepareContext, taskIds: readonly number[]): Promise<readonly number[]> {
  const { store, prepareStep } = context;
  const left = new Set(taskIds);
  for (const id of taskIds) {
    const step = prepareStep === undefined || store.workflows.placeOf(id) === null ? null : store.workflows.stepOf(id);
    if (step !== null && hasTurn(step) && !(await prepareStep?.(step))) left.delete(id);
  }
  await endWithoutProfile(context, left);
  const unfilled = [...left].filter((id) => isUnfilled(store, id));
  if (unfilled.length > 0) await store.write(() => unfilled.forEach((id) => fillIn(context, id) || left.delete(id)));
  return [...left];
}

/** Whether something happens to the task when its turn comes, before Claude works. */
function hasTurn({ kind, condition, spec }: WorkflowStep): boolean {
  return kind !== "task" || condition !== null || spec !== null;
}

/** Ends the tasks whose profile cannot be used. @param left loses them. */
async function endWithoutProfile({ store, now, profileProblem }: PrepareContext, left: Set<number>): Promise<void> {
  const problemOf = (id: number): string | null => {
    const profile = store.tasks.row(id)?.profile ?? defaultProfile;
    return profile === defaultProfile ? null : (profileProblem?.(profile) ?? null);
  };
  const ending = [...left].filter((id) => problemOf(id) !== null);
  if (ending.length === 0) return;
  await store.write(() => {
    for (const id of ending) {
      // It may have been edited since: then its claim looks at it again.
      const problem = problemOf(id);
      left.delete(id);
      if (problem === null || store.tasks.row(id)?.status !== "pending") continue;
      const message = `${problem} Run it again then: claude-worker retry ${id}`;
      endWithoutAttempt(store, id, "profile_unusable", { error: { code: "profile_unusable", message, retryable: true }, now: now() });
    }
  });
}

function isUnfilled(store: Store, id: number): boolean {
  const held = store.prompts.get(id);
  return held !== null && held.rendered === null;
}

/** Inside `write`. @returns whether the task can start. */
function fillIn({ store, now }: PrepareContext, id: number): boolean {
  const held = store.prompts.get(id);
  const task = store.tasks.get(id);
  // It may have been put aside since it was chosen: then its claim refuses it.
  if (held === null || task?.status !== "pending" || task.stashedAt !== null) return true;
  const problem = fill(store, { id, prompt: task.prompt, held });
  if (problem === null) return true;
  endWithoutAttempt(store, id, "missing_value", { error: { code: "missing_value", message: problem, retryable: true }, now: now() });
  return false;
}

interface Filled {
  readonly id: number;
  readonly prompt: string;
  readonly held: NonNullable<ReturnType<Store["prompts"]["get"]>>;
}

/** @returns what is wrong, as sentences; null: the prompt is filled in. */
function fill(store: Store, { id, prompt, held: { literalFrom, given } }: Filled): string | null {
  try {
    const filled = fillPrompt({ prompt, literalFrom, isMatrixData: given.isMatrixData === true }, valuesOf(store, id, given));
    if ("missing" in filled)
      return `The prompt names {{ ${filled.missing} }}, and there is no such value. Run it again when there is: claude-worker retry ${id}`;
    store.prompts.fillIn(id, filled);
    return null;
  } catch (error) {
    return `The prompt could not be filled in: ${messageOf(error)}`;
  }
}
