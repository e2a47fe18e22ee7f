/** How a task is held in the tables `tasks` and `task_texts`. */
import type { Task } from "../domain/task.ts";
import { defineRow } from "./row.ts";
import type { NewTask, RetryPatch, TaskRow } from "./store.ts";

/** A task without its long texts: one row of `tasks`. */
export const taskRow = defineRow<TaskRow>(
  {
    id: "plain",
    name: "plain",
    title: "plain",
    labels: "json",
    group: "plain",
    priority: "plain",
    status: "plain",
    createdAt: "plain",
    startedAt: "plain",
    endedAt: "plain",
    updatedAt: "plain",
    notBefore: "plain",
    notBeforeReason: "plain",
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
    sessionId: "plain",
    sessionModel: "plain",
    resumable: "flag",
    error: "json",
    attention: "json",
    costUsd: "plain",
    usage: "json",
    numTurns: "plain",
    durationMs: "plain",
    lastAction: "plain",
    lastSeq: "plain",
    parentId: "plain",
    depth: "plain",
    workingDirectory: "plain",
    model: "plain",
    permissionMode: "plain",
    allow: "json",
    deny: "json",
    maxTurns: "plain",
    maxBudgetUsd: "plain",
    timeoutMs: "plain",
    stallTimeoutMs: "plain",
    backgroundGraceMs: "plain",
    retries: "plain",
    ignoreBrokenSettings: "flag",
  },
  { group: "group_name" },
);

/** The long texts, as `task_texts` holds them. */
export const textColumns = `prompt, system_prompt AS "systemPrompt", result`;

export type TaskTexts = Pick<Task, "prompt" | "systemPrompt" | "result">;

/** The fields of a new task that are columns of `tasks`. */
export const insertedFields = [
  "name",
  "labels",
  "group",
  "priority",
  "createdAt",
  "notBefore",
  "notBeforeReason",
  "parentId",
  "depth",
  "workingDirectory",
  "model",
  "permissionMode",
  "allow",
  "deny",
  "maxTurns",
  "maxBudgetUsd",
  "timeoutMs",
  "stallTimeoutMs",
  "backgroundGraceMs",
  "retries",
  "ignoreBrokenSettings",
] as const satisfies readonly (keyof NewTask & keyof TaskRow)[];

/** Everything that a patch may set. */
export type AnyTaskPatch = RetryPatch;

type LongText = "result" | "systemPrompt";

/** The fields of a patch that are given and are columns of `tasks`; the long texts are in `task_texts`. */
export function patchedFields(patch: AnyTaskPatch): Exclude<keyof AnyTaskPatch, LongText>[] {
  const fields = Object.keys(patch) as (keyof AnyTaskPatch)[];
  return fields.filter((field): field is Exclude<keyof AnyTaskPatch, LongText> => {
    return field !== "result" && field !== "systemPrompt" && patch[field] !== undefined;
  });
}

/** What a text filter looks into: name and title, folded to lower case as JavaScript does it (SQLite folds ASCII only). */
export function searchText(name: string | null, title: string): string {
  return foldCase(name === null ? title : `${name}\n${title}`);
}

/** Lower case, composed: equal for texts that read the same. */
export function foldCase(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
