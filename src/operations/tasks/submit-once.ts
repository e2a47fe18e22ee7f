/**
 * Submits with an idempotency key: a client that got no answer can send the same request again, and
 * no task runs twice.
 */
import { createHash } from "node:crypto";
import { accountOf } from "../../contract/account.ts";
import type { Caller } from "../../contract/caller.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import { isDefault, optionRows } from "../../domain/task/option-values.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Submission } from "../../store/sqlite/submissions.ts";
import { requireTask } from "./require-task.ts";
import { insertTasks, newTasks, planned } from "./submit-task.ts";
import type { SubmitContext } from "./submit-task.ts";

/** A key is deleted after a week: no client repeats a request that late. */
const rememberedMs = 7 * 24 * 3_600_000;
const forgottenAtOnce = 100;

/**
 * Stores the key in the same transaction as the tasks.
 * @throws WorkerError unprocessable when the key was used for other inputs; conflict when one of
 * its tasks was removed since; and like `submitTasks`.
 */
export async function submitTasksOnce(
  context: SubmitContext,
  inputs: readonly ParsedTaskInput[],
  key: string,
  caller: Caller,
): Promise<{ tasks: Task[]; replayed: boolean }> {
  const { store } = context;
  const account = accountOf(caller);
  const fingerprint = createHash("sha256")
    .update(JSON.stringify(inputs.map(withoutDefaults), inOrder))
    .digest("hex");
  const known = store.submissions.get(account, key);
  if (known !== null) return { tasks: replay(context, known, fingerprint), replayed: true };
  const now = context.now();
  const tasks = await planned(context, newTasks(context, inputs, caller, now));
  return await store.write(() => {
    const meanwhile = store.submissions.get(account, key);
    if (meanwhile !== null) return { tasks: replay(context, meanwhile, fingerprint), replayed: true };
    const stored = insertTasks(context, tasks, caller, now);
    // After the clock was set every key may look old, so none is deleted.
    if ((store.clock.seen()?.pauseMs ?? 0) === 0) store.submissions.forget(now - rememberedMs, forgottenAtOnce);
    store.submissions.insert({ caller: account, key, fingerprint, taskIds: stored.map(({ id }) => id) }, now);
    return { tasks: stored, replayed: false };
  });
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

function replay({ store }: SubmitContext, known: Submission, fingerprint: string): Task[] {
  if (known.fingerprint !== fingerprint) {
    throw new WorkerError(
      "unprocessable",
      `The idempotency key "${known.key}" was used for another submit. Take a new key for a new task.`,
    );
  }
  try {
    return known.taskIds.map((id) => requireTask(store, id));
  } catch {
    throw new WorkerError(
      "conflict",
      `The task that the idempotency key "${known.key}" made was removed since. Take a new key to submit it again.`,
    );
  }
}
