/** Submits what a schedule names, with the rights of a caller. */
import type { Caller } from "../../contract/caller.ts";
import { scheduledTask } from "../../contract/operations/schedules.ts";
import { parseInput } from "../../contract/parse-input.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isDefault, optionRows } from "../../domain/task/option-values.ts";
import type { Schedule } from "../../domain/schedules/schedule.ts";
import type { Store } from "../../store/store.ts";
import { insertTasks, newTasks, planned } from "../tasks/submit-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";

export interface Start {
  /** The earliest start (UTC ms); null: at once. */
  readonly notBefore: number | null;
  /** Tasks that have to end first. */
  readonly after: readonly number[];
}

/** What passed every check that needs no transaction. */
export interface PreparedTarget {
  /** Inside `write`. @returns the task. @throws WorkerError too_many_requests. */
  insert(start: Start): number;
}

type Targeted = Pick<Schedule, "id" | "targetKind" | "target">;

/** The input of a task target. @throws WorkerError invalid_input: this version cannot read it. */
export function taskOf({ target }: Pick<Targeted, "target">): ParsedTaskInput {
  return parseInput(scheduledTask, target, "The schedule's task");
}

/**
 * The fields of a submit as they are stored: those that say something. What is left out has the
 * defaults and settings of each run's time.
 */
export function storedTask(fields: object): Schedule["target"] {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given.filter(([name, value]) => !isPlainDefault(name, value)));
}

function isPlainDefault(name: string, value: unknown): boolean {
  const row = optionRows.find((each) => each.name === name);
  return row !== undefined && row.setting === undefined && isDefault(row, value);
}

/**
 * The checks of a submit, as of now.
 * @throws WorkerError as a submit.
 */
export async function prepareTarget(context: SubmitContext, schedule: Targeted, caller: Caller): Promise<PreparedTarget> {
  const now = context.now();
  const [task] = await planned(context, newTasks(context, [taskOf(schedule)], caller, now));
  return {
    insert: ({ notBefore, after }) => {
      if (task === undefined) throw new WorkerError("internal", "The task of a schedule is missing.");
      const later = notBefore === null ? {} : { notBefore, notBeforeReason: "schedule" as const };
      const dependencies = after.map((ref, index) => ({ pointer: `/depends_on/${index}`, on: "ended" as const, task: { ref } }));
      // It runs after others only so that they do not overlap: its prompt stays as it was written.
      const { promptOrigin: _nothing, ...literal } = task;
      const [stored] = insertTasks(context, [{ ...literal, ...later, dependencies, schedule: schedule.id }], caller, now);
      if (stored === undefined) throw new WorkerError("internal", "The task of a schedule was not stored.");
      return stored.id;
    },
  };
}

/**
 * The caller who wrote the schedule last, with the rights of now.
 * @throws WorkerError forbidden: its token was removed or has expired.
 */
export function callerOf(
  store: Store,
  { callerName: name, callerScope: scope, tokenId, name: schedule }: Pick<Schedule, "callerName" | "callerScope" | "tokenId" | "name">,
  now: number,
): Caller {
  if (tokenId === null) return { name, scope };
  const token = store.tokens.list().find(({ id }) => id === tokenId);
  const what = token === undefined ? "was removed" : token.expiresAt !== null && token.expiresAt <= now ? "has expired" : null;
  if (what === null) return { name, scope, tokenId };
  const advice = `Write it again as another caller: claude-worker schedule edit ${schedule} with its times or options`;
  throw new WorkerError("forbidden", `The token that wrote the schedule (${name}) ${what}. ${advice}`);
}
