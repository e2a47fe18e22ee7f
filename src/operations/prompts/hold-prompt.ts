/** Keeps with a new or changed task what its prompt's expressions can name. */
import type { GivenValues } from "../../domain/prompts/given-values.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { checkPrompt, hasSchema } from "./check-prompt.ts";
import { retitle } from "./known-title.ts";

export interface PromptOrigin {
  /** Nothing is filled in from this character on; null: all of it counts. */
  readonly literalFrom: number | null;
  /** What a template or a workflow gives; null: neither made the task. */
  readonly given: GivenValues | null;
  readonly pointer: string;
}

/**
 * Inside `write`, after the task's dependencies are stored. Prompts of other tasks stay as they are
 * written.
 * @throws WorkerError invalid_input: an expression names what there is not.
 */
export function holdPrompt(store: Store, { id, prompt }: Pick<Task, "id" | "prompt">, { literalFrom, given, pointer }: PromptOrigin): void {
  if (literalFrom === null && !prompt.includes("{{")) return;
  const runsAfter = store.dependencies.ofTask(id).map(({ task }) => task);
  if (given === null && runsAfter.length === 0) return;
  const needs = given?.needs ?? {};
  const known = { ...given, needs: Object.keys(needs).length === 0 ? namesOf(store, runsAfter) : needs };
  const hasSome = checkPrompt({
    prompt,
    literalFrom,
    given: known,
    runsAfter,
    pointer,
    returnsStructured: (task) => hasSchema(store, task),
  });
  if (hasSome || literalFrom !== null) store.prompts.put(id, { literalFrom, given: known });
  if (hasSome) retitle(store, { id, prompt }, { literalFrom, given: known });
}

/** Names that two of the tasks have stand for neither. */
function namesOf(store: Store, ids: readonly number[]): Record<string, number> {
  const needs: Record<string, number> = {};
  const twice = new Set<string>();
  for (const id of ids) {
    const name = store.tasks.row(id)?.name ?? null;
    if (name === null) continue;
    if (Object.hasOwn(needs, name)) twice.add(name);
    needs[name] = id;
  }
  return Object.fromEntries(Object.entries(needs).filter(([name]) => !twice.has(name)));
}
