/**
 * Which task a person means: an id, `last` (the newest), `-2` (the second newest), a name, or
 * the beginning of a name that only one task has. Commands that change something take less.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskSummaryView } from "../../contract/views/task.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { WorkerError } from "../../domain/errors.ts";
import { readTaskRef } from "../../domain/task/task-ref.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { plainLine } from "../../domain/text/plain-text.ts";

/** What commands that only read take for a task; for their help. */
export const readReference = "the task: its id, last (the newest), -2 (the second newest), its name, or the beginning of its name";
/** As `readReference` for an argument that may be left out. */
export const readReferenceOrNewest = `${readReference} (default: the newest)`;
/** What commands that change something take. */
export const actReference = "the tasks: ids, last, or whole names";

/** A list of choices shows at most this many. */
const mostChoices = 10;
/** How many of the newest tasks are searched for a similar name. */
const similarAmong = 200;

/**
 * The id of the task that a reading command is about.
 * @param text null or undefined: the newest task.
 * @throws WorkerError not_found, with a similar name if there is one; invalid_input with the
 *   choices when the reference fits several tasks.
 */
export async function readTaskId(client: WorkerClient, text: string | undefined): Promise<TaskRef> {
  const direct = idOf(text ?? "last");
  if (direct !== null) return direct;
  if (text === undefined || text === "last") return (await nthNewest(client, 1)).id;
  if (/^-\d+$/.test(text)) return (await nthNewest(client, Number(text.slice(1)))).id;
  return await namedTask(client, text, { whole: false });
}

/**
 * Reads the id of a task to change. Accepts only ids, `last` and whole names, so that an unfinished
 * word stops no task. @throws as `readTaskId`.
 */
export async function actTaskId(client: WorkerClient, text: string): Promise<TaskRef> {
  const direct = idOf(text);
  if (direct !== null) return direct;
  if (text === "last") return (await nthNewest(client, 1)).id;
  if (/^-\d+$/.test(text))
    throw new WorkerError("invalid_input", `"${text}" is not taken here: name the task by its id, by "last" or by its whole name.`);
  return await namedTask(client, text, { whole: true });
}

/**
 * The reference in `42`, `#42` or `f42`; null: the text is none. @throws WorkerError invalid_input:
 * no task can have it.
 */
export function idOf(text: string): TaskRef | null {
  const digits = /^#?(f?\d+)$/.exec(text)?.[1];
  if (digits === undefined) return null;
  const ref = readTaskRef(digits);
  if (ref !== null) return ref;
  throw new WorkerError("invalid_input", `"${text}" is not the id of a task: an id is a number like 42. See them: claude-worker list`);
}

async function nthNewest(client: WorkerClient, n: number): Promise<TaskSummaryView> {
  if (n < 1) throw new WorkerError("invalid_input", `"-${n}" is not a task: -1 is the newest, -2 the one before it.`);
  let count = 0;
  for await (const task of client.all({ limit: Math.min(n, 500) })) if (++count === n) return task;
  throw new WorkerError(
    "not_found",
    count === 0
      ? 'There are no tasks yet. Submit one: claude-worker run "…"'
      : `There ${count === 1 ? "is only 1 task" : `are only ${count} tasks`}. See them: claude-worker list --all`,
  );
}

async function namedTask(client: WorkerClient, text: string, { whole }: { whole: boolean }): Promise<TaskRef> {
  const { exact, longer } = text.trim() === "" ? { exact: [], longer: [] } : await named(client, text);
  const fitting = exact.length > 0 || whole ? exact : longer;
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only.id;
  if (only !== undefined) throw ambiguous(text, fitting, only);
  throw await notNamed(client, text, whole ? longer : []);
}

/**
 * The tasks of this name, and those whose name begins with it; of both no more than a list of
 * choices needs.
 */
async function named(client: WorkerClient, text: string): Promise<{ exact: TaskSummaryView[]; longer: TaskSummaryView[] }> {
  const exact: TaskSummaryView[] = [];
  const longer: TaskSummaryView[] = [];
  for await (const task of client.all({ name: text })) {
    const kind = task.name === text ? exact : longer;
    if (kind.length <= mostChoices) kind.push(task);
    if (exact.length > mostChoices) break;
  }
  return { exact, longer };
}

function ambiguous(text: string, tasks: readonly TaskSummaryView[], first: TaskSummaryView): WorkerError {
  const rows = tasks.slice(0, mostChoices).map(choiceLine).join("\n");
  const more = tasks.length > mostChoices ? "\n  …" : "";
  return new WorkerError("invalid_input", `"${plainLine(text)}" fits several tasks. Give an id, like ${first.id}:\n${rows}${more}`);
}

function choiceLine({ id, status, name, title }: TaskSummaryView): string {
  return `  ${id}  ${status}  ${plainLine(name ?? title, 60)}`;
}

async function notNamed(client: WorkerClient, text: string, longer: readonly TaskSummaryView[]): Promise<WorkerError> {
  const { tasks } = longer.length > 0 ? { tasks: longer } : await client.listTasks({ limit: similarAmong });
  const names = tasks.flatMap(({ name }) => name ?? []);
  const near = longer[0]?.name ?? didYouMean(text, [...names, "last"]);
  const hint = near === null ? "" : ` Did you mean "${plainLine(near)}"?`;
  return new WorkerError("not_found", `No task has the id or the name "${plainLine(text)}".${hint} See them: claude-worker list`);
}
