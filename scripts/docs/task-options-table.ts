/**
 * The table of task options in docs/user-guide/task-submission.md, from src/domain/task/options.ts.
 */
import { maxVerifyCharacters } from "../../src/domain/verification/verify-command.ts";
import { typedDuration } from "../../src/domain/text/duration.ts";
import type { OptionRow } from "../../src/domain/task/option.ts";
import { maxSchemaLength } from "../../src/domain/task/answer-schema.ts";
import { optionRows } from "../../src/domain/task/option-values.ts";
import { code, markdownTable } from "./generated-part.ts";

export function taskOptionsTable(): string {
  return markdownTable(
    ["flag", "in JSON", "values", "default", "agents", "what it does"],
    optionRows.map((row) => [
      code(row.flag.spelled),
      code(row.name),
      valuesOf(row),
      defaultOf(row),
      agentsOf(row),
      `${row.sentence}${row.startsCold === undefined ? "" : coldOf(row.startsCold)}`,
    ]),
  );
}

function valuesOf(row: OptionRow): string {
  switch (row.kind) {
    case "text":
      return `text of at most ${row.maxLength} characters`;
    case "choice":
      return row.choices.map(code).join(", ");
    case "rules":
      return `at most ${row.maxItems} rules`;
    case "commands":
      return `at most ${row.maxItems} commands of at most ${maxVerifyCharacters} characters`;
    case "patterns":
      return `at most ${row.maxItems} patterns`;
    case "hosts":
      return `at most ${row.maxItems} hosts`;
    case "names":
      return `at most ${row.maxItems} names`;
    case "directories":
      return `at most ${row.maxItems} paths`;
    case "attachments":
      return `at most ${row.maxItems} images; in JSON objects with \`name\` and \`data\` (base64)`;
    case "json":
      return "in JSON an object";
    case "schema":
      return `in JSON an object, at most ${maxSchemaLength} characters`;
    case "integer":
      return `${row.min} to ${row.max}`;
    case "money":
      return `above 0, at most ${row.max}`;
    case "duration":
      return `${typedDuration(row.min)} to ${typedDuration(row.max)}; in JSON milliseconds`;
    case "switch":
      return "`true`, `false`";
    case "labels":
      return "at most 50 pairs; in JSON an object";
  }
}

function defaultOf({ default: value, setting }: OptionRow): string {
  if (setting !== undefined) return `the setting ${code(setting.key)}`;
  if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) return "none";
  return code(String(value));
}

function agentsOf({ agent }: OptionRow): string {
  if (typeof agent === "object") return "never";
  return agent === "may" ? "yes" : "within the user's limits";
}

function coldOf(startsCold: NonNullable<OptionRow["startsCold"]>): string {
  return startsCold === "any" ? " Starts cold." : ` ${startsCold.map(code).join(", ")} starts cold.`;
}
