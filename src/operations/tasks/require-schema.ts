/** Refuses a `json_schema` that Claude Code would refuse at its start. */
import { WorkerError } from "../../domain/errors.ts";
import type { LongOptions } from "../../domain/task/options.ts";
import { checkSchema } from "../../json-schema/check-schema.ts";

/** @throws WorkerError invalid_input. */
export async function requireSchema({ jsonSchema }: Pick<LongOptions, "jsonSchema">): Promise<void> {
  const problem = jsonSchema === null ? null : await checkSchema(jsonSchema);
  if (problem === null) return;
  const detail = `is not a schema that Claude Code takes: ${problem}`;
  throw new WorkerError("invalid_input", `json_schema ${detail.replace(/\.$/, "")}. Change it and try again.`, [
    { pointer: "/json_schema", detail },
  ]);
}
