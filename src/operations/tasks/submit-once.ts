/**
 * Submits with an idempotency key: a client that got no answer can send the same request again, and
 * no task runs twice.
 */
import { createHash } from "node:crypto";
import { accountOf } from "../../contract/account.ts";
import type { Caller } from "../../contract/caller.ts";
import type { TemplateRun } from "../../contract/operations/templates.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import { isDefault, optionRows } from "../../domain/task/option-values.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Submission } from "../../store/sqlite/submissions.ts";
import type { Store } from "../../store/store.ts";
import { taskOfTemplate } from "../templates/task-of-template.ts";
import { requireTask } from "./require-task.ts";
import { insertTasks, newTasks, planned } from "./submit-task.ts";
import type { SubmitContext, SubmitInput } from "./submit-task.ts";

/** A key is deleted after a week: no client repeats a request that late. */
const rememberedMs = 7 * 24 * 3_600_000;
const forgottenAtOnce = 100;

/** A request that has a name. */
export interface NamedRequest {
  readonly key: string;
  readonly caller: Caller;
  /** What it says, as JSON: the same key may not stand for something else. */
  readonly request: unknown;
}

/**
 * Stores the key in the same transaction as the tasks.
 * @param prepare checks what needs no transaction; what it returns stores the tasks inside `write`.
 * @returns the numbers of the tasks.
 * @throws WorkerError unprocessable when the key was used for another request; conflict when one of
 * its tasks was removed since; and what `prepare` throws.
 */
export async function submitOnce(
  context: Pick<SubmitContext, "store" | "now">,
  { key, caller, request }: NamedRequest,
  prepare: () => Promise<() => readonly number[]>,
): Promise<{ taskIds: readonly number[]; replayed: boolean }> {
  const { store } = context;
  const account = accountOf(caller);
  const fingerprint = createHash("sha256").update(JSON.stringify(request, inOrder)).digest("hex");
  const known = store.submissions.get(account, key);
  if (known !== null) return { taskIds: replay(store, known, fingerprint), replayed: true };
  const now = context.now();
  const insert = await prepare();
  return await store.write(() => {
    const meanwhile = store.submissions.get(account, key);
    if (meanwhile !== null) return { taskIds: replay(store, meanwhile, fingerprint), replayed: true };
    const taskIds = insert();
    // After the clock was set every key may look old, so none is deleted.
    if ((store.clock.seen()?.pauseMs ?? 0) === 0) store.submissions.forget(now - rememberedMs, forgottenAtOnce);
    store.submissions.insert({ caller: account, key, fingerprint, taskIds }, now);
    return { taskIds, replayed: false };
  });
}

/**
 * @throws WorkerError like `submitOnce` and `submitTasks`.
 */
export async function submitTasksOnce(
  context: SubmitContext,
  inputs: readonly ParsedTaskInput[],
  key: string,
  caller: Caller,
): Promise<{ tasks: Task[]; replayed: boolean }> {
  const request = inputs.map(withoutDefaults);
  return await tasksOnce(context, { key, caller, request }, () => inputs);
}

/** The same for a task of a template: the call counts, and not what the template was then. */
export async function runTemplateOnce(
  context: SubmitContext,
  template: string,
  input: TemplateRun,
  { key, caller }: Pick<NamedRequest, "key" | "caller">,
): Promise<{ tasks: Task[]; replayed: boolean }> {
  return await tasksOnce(context, { key, caller, request: { template, ...input } }, () => [taskOfTemplate(context.store, template, input)]);
}

async function tasksOnce(
  context: SubmitContext,
  named: NamedRequest,
  inputs: () => readonly SubmitInput[],
): Promise<{ tasks: Task[]; replayed: boolean }> {
  const { caller } = named;
  const { taskIds, replayed } = await submitOnce(context, named, async () => {
    const now = context.now();
    const tasks = await planned(context, newTasks(context, inputs(), caller, now));
    return () => insertTasks(context, tasks, caller, now).map(({ id }) => id);
  });
  return { tasks: taskIds.map((id) => requireTask(context.store, id)), replayed };
}

/**
 * What a request says. An option at its default is the same as one that is left out, so that the
 * options of a later version change nothing in a request that names none of them.
 */
function withoutDefaults(input: ParsedTaskInput): object {
  const atDefault = optionRows.filter((row) => isDefault(row, input[row.name as keyof ParsedTaskInput] ?? row.default));
  const names = new Set(atDefault.map(({ name }) => name));
  return Object.fromEntries(Object.entries(input).filter(([name]) => !names.has(name)));
}

/** Objects with their keys in order: how a client orders fields and labels says nothing. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function replay(store: Store, known: Submission, fingerprint: string): readonly number[] {
  if (known.fingerprint !== fingerprint) {
    throw new WorkerError(
      "unprocessable",
      `The idempotency key "${known.key}" was used for another submit. Take a new key for a new task.`,
    );
  }
  if (known.taskIds.every((id) => store.tasks.exists(id))) return known.taskIds;
  throw new WorkerError(
    "conflict",
    `The task that the idempotency key "${known.key}" made was removed since. Take a new key to submit it again.`,
  );
}
