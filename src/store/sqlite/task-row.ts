/** Defines how the tables `tasks` and `task_texts` hold a task. */
import type { Task } from "../../domain/task/task.ts";
import type { LongOptions, ShortOptions } from "../../domain/task/options.ts";
import { defineRow } from "./row.ts";
import type { NewTask, RetryPatch, TaskRow } from "../store.ts";
import { shortOptions } from "./task-options.ts";
import type { OptionsColumn } from "./task-options.ts";

/** The fields that are columns of their own. */
type HeldTask = Omit<TaskRow, keyof ShortOptions>;

const kinds = {
  id: "plain",
  name: "plain",
  title: "plain",
  labels: "json",
  locks: "json",
  group: "plain",
  priority: "plain",
  status: "plain",
  createdAt: "plain",
  startedAt: "plain",
  endedAt: "plain",
  updatedAt: "plain",
  notBefore: "plain",
  notBeforeReason: "plain",
  queuedAt: "plain",
  rank: "plain",
  place: "plain",
  moved: "plain",
  unmet: "plain",
  stashedAt: "plain",
  answeredAt: "plain",
  cancelRequestedAt: "plain",
  openAttemptId: "plain",
  attemptCount: "plain",
  poisonCount: "plain",
  setbacks: "plain",
  cutCall: "plain",
  retriesSpent: "plain",
  refusals: "plain",
  refusal: "plain",
  refusedAt: "plain",
  verifyFailures: "plain",
  keeping: "json",
  sessionId: "plain",
  sessionModel: "plain",
  resumable: "flag",
  profileAsked: "plain",
  error: "json",
  earlierEnd: "json",
  attention: "json",
  costUsd: "plain",
  usage: "json",
  numTurns: "plain",
  durationMs: "plain",
  lastAction: "plain",
  lastSeq: "plain",
  parentId: "plain",
  depth: "plain",
  batch: "plain",
  workingDirectory: "plain",
} as const satisfies { readonly [Field in keyof HeldTask]: string };

const columns = defineRow<HeldTask>(kinds, { group: "group_name" });

/** A task without its long texts: one row of `tasks`. */
export const taskRow = {
  // The JSON is selected under the name of one of its options: taking a field out of a row would
  // cost 3 µs.
  select: `${columns.select}, options AS "model"`,
  column: columns.column,
  encode: columns.encode,
  decode: (row: unknown): TaskRow => {
    const { model: json } = row as { model: string };
    return shortOptions.decodeInto(columns.decode(row), json);
  },
};

/** A row of `task_texts`. */
export const textColumns = `options, prompt, result, structured_result AS "structuredResult"`;

export interface HeldTexts {
  readonly options: string;
  readonly prompt: string;
  readonly result: string | null;
  /** JSON. */
  readonly structuredResult: string | null;
}

/**
 * The fields of a new task that are columns of `tasks`; its options are in the column `options`.
 */
export const insertedFields = [
  "name",
  "labels",
  "locks",
  "group",
  "priority",
  "createdAt",
  "notBefore",
  "notBeforeReason",
  "stashedAt",
  "parentId",
  "depth",
  "batch",
  "workingDirectory",
] as const satisfies readonly (keyof NewTask & keyof TaskRow)[];

/** Everything that a patch may set. */
export type AnyTaskPatch = RetryPatch & Partial<Pick<Task, "prompt">>;

type ColumnPatch = Exclude<keyof AnyTaskPatch, "prompt" | "result" | "structuredResult" | keyof ShortOptions | keyof LongOptions>;

/** The fields of a patch that are given and are columns of `tasks` of their own. */
export function patchedFields(patch: AnyTaskPatch): ColumnPatch[] {
  const fields = Object.keys(patch) as (keyof AnyTaskPatch)[];
  return fields.filter((field): field is ColumnPatch => field in kinds && patch[field] !== undefined);
}

/** The column `options` of a task whose options a patch changes. @param before as it is. */
export function patchedOptions<T>(column: OptionsColumn<T>, before: string, patch: AnyTaskPatch): string {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return column.encode({ ...column.decode(before), ...given });
}

/**
 * The text that a text filter searches: name and title, folded to lower case as in JavaScript
 * (SQLite folds ASCII only).
 */
export function searchText(name: string | null, title: string): string {
  return foldCase(name === null ? title : `${name}\n${title}`);
}

/** Lower case and composed, so that texts that look the same are equal. */
export function foldCase(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
