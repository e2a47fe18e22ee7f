/** A task's options as lines of `show`, as the table of options says. */
import type { TaskView } from "../../../contract/views/task.ts";
import { formatDuration } from "../../../domain/text/duration.ts";
import { fieldsOfSchema } from "../../../domain/task/answer-schema.ts";
import type { ShownAttachment } from "../../../domain/task/attachment.ts";
import type { OptionRow } from "../../../domain/task/option.ts";
import { isDefault, optionRows } from "../../../domain/task/option-values.ts";
import { dollars } from "./time.ts";

/** Names and values of the lines, in the table's order. Options at their default have none. */
export function optionFacts(task: TaskView): [string, string][] {
  const values = task as unknown as Readonly<Record<string, unknown>>;
  const lines = new Map<string, string[]>();
  for (const row of optionRows) {
    const value = values[row.name];
    if (row.shown === null || (isDefault(row, value) && row.shown.always !== true)) continue;
    lines.set(row.shown.line, [...(lines.get(row.shown.line) ?? []), row.shown.text.replace("{}", () => textOf(row, value))]);
  }
  return [...lines].map(([line, parts]) => [line, parts.join(" · ")]);
}

/** A value as people read it. */
export function textOf(row: OptionRow, value: unknown): string {
  switch (row.kind) {
    case "money":
      return dollars(value as number);
    case "duration":
      return formatDuration(value as number).replace(/\.0 s$/, " s");
    case "rules":
    case "commands":
    case "patterns":
    case "hosts":
    case "names":
    case "directories":
    case "json":
      return (value as string[]).join(", ");
    case "schema":
      return fieldsOfSchema(value as Record<string, unknown>).join(", ") || "any fields";
    case "attachments":
      return (value as ShownAttachment[]).map(({ name, bytes }) => `${name} (${Math.ceil(bytes / 1024)} KB)`).join(", ");
    case "labels":
      return Object.entries(value as Record<string, string>)
        .map(([key, each]) => `${key}=${each}`)
        .join(", ");
    case "text":
    case "choice":
    case "integer":
    case "switch":
      return String(value);
  }
}
