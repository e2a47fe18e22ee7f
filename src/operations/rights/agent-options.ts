/** Refuses options that no agent may set, by the table of options. */
import { isDeepStrictEqual } from "node:util";
import { WorkerError } from "../../domain/errors.ts";
import { isDefault, optionDefaults, optionRows } from "../../domain/task/option-values.ts";
import type { TaskOptionFields } from "../../domain/task/option-values.ts";

/**
 * Refuses options that only a person may set.
 * @param before the task before the change: values that a person set there may stay. Absent: a new
 * task.
 * @throws WorkerError forbidden.
 */
export function requireOptionsForAgents(options: TaskOptionFields, before: TaskOptionFields = optionDefaults): void {
  for (const row of optionRows) {
    if (typeof row.agent === "string") continue;
    const field = row.field as keyof TaskOptionFields;
    if (isDefault(row, options[field]) || isDeepStrictEqual(options[field], before[field])) continue;
    const detail = "is for the user alone";
    throw new WorkerError("forbidden", `${row.name} ${detail}. ${row.agent.instead}`, [{ pointer: `/${row.name}`, detail }]);
  }
}
