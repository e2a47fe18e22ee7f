/** What a retry changes of its task: lists are added to, everything else is replaced. */
import type { ParsedRetryInput } from "../contract/retry-input.ts";
import type { Settings } from "../config/settings.ts";
import type { Task, TaskSpec } from "../domain/task.ts";
import { realDirectory } from "./working-directory.ts";

/** The fields that a retry changes. */
export type Changes = Partial<Omit<TaskSpec, "prompt"> & Pick<Task, "name" | "priority" | "labels" | "group">>;

/**
 * The changed fields only. Null stands for what a submit without the field gets.
 * @throws WorkerError invalid_input: the new directory does not exist.
 */
export function changesOf(task: Task, input: ParsedRetryInput, settings: Settings): Changes {
  return given({
    workingDirectory: input.working_directory === undefined ? undefined : realDirectory(input.working_directory),
    name: input.name,
    systemPrompt: input.system_prompt,
    model: input.model === null ? settings.model : input.model,
    permissionMode: input.permission_mode === null ? settings.permission_mode : input.permission_mode,
    allow: input.allow === undefined ? undefined : joined(task.allow, input.allow),
    deny: input.deny === undefined ? undefined : joined(task.deny, input.deny),
    maxTurns: input.max_turns,
    maxBudgetUsd: input.max_budget_usd,
    timeoutMs: input.timeout_ms,
    stallTimeoutMs: input.stall_timeout_ms,
    backgroundGraceMs: input.background_grace_ms,
    retries: input.retries,
    ignoreBrokenSettings: input.ignore_broken_settings,
    priority: input.priority,
    group: input.group,
    labels: input.labels === undefined ? undefined : { ...task.labels, ...input.labels },
  });
}

function joined(own: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...own, ...more])];
}

function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
