/**
 * The schemas of a task's options, made of the table (domain/task/options.ts): in a submit, in a
 * retry, and in views.
 */
import { z } from "zod";
import { ruleProblem } from "../domain/task/permission-rule.ts";
import {
  attachmentProblem,
  attachmentsProblem,
  bytesOfBase64,
  imageTypes,
  maxAttachedCharacters,
  maxAttachments,
} from "../domain/task/attachment.ts";
import { jsonProblems } from "../domain/task/option-json.ts";
import type { JsonForm } from "../domain/task/option-json.ts";
import type { GivenOf, HeldValue, OptionRow, ShownOf } from "../domain/task/option.ts";
import { optionRows } from "../domain/task/option-values.ts";
import type { OptionName, RowOf } from "../domain/task/options.ts";
import { lockProblem, maxLockCharacters } from "../domain/order/lanes.ts";
import { hostProblem } from "../domain/task/sandbox.ts";
import { maxProtectedCharacters, patternProblem } from "../domain/verification/protected-files.ts";
import { maxVerifyCharacters, verifyProblem } from "../domain/verification/verify-command.ts";

/** Text that SQLite, JSON and terminals can hold: well-formed, without NUL. */
export const text = z
  .string()
  .refine((value) => value.isWellFormed() && !value.includes("\0"), "must be well-formed Unicode without NUL characters");

const rule = text
  .trim()
  .min(1)
  .max(1000)
  .superRefine((value, context) => {
    const problem = value === "" ? null : ruleProblem(value);
    if (problem === null) return;
    const message = `the permission rule ${value} is malformed: ${problem}. Write Tool or Tool(what), e.g. Bash(npm test)`;
    context.addIssue({ code: "custom", message });
  });
const verifyCommand = withoutProblem(text.trim().max(maxVerifyCharacters), (value) => {
  const problem = verifyProblem(value);
  return problem === null ? null : `the verify command ${value} ${problem}`;
});
const pattern = withoutProblem(text.max(maxProtectedCharacters), (value) => {
  const problem = patternProblem(value);
  return problem === null ? null : `the pattern ${value} ${problem}`;
});
const host = withoutProblem(text.trim().max(260), (value) => {
  const problem = hostProblem(value);
  return problem === null ? null : `the host ${value} ${problem}`;
});
const lock = withoutProblem(text.trim().min(1).max(maxLockCharacters), (value) => {
  const problem = lockProblem(value);
  return problem === null ? null : `a lock ${problem}`;
});
const labelKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, "a label's key has 1-63 letters, digits, '.', '_' or '-'");
const labels = z
  .record(labelKey, text.max(200))
  .refine((value) => Object.keys(value).length <= 50, "at most 50 labels")
  .meta({ maxProperties: 50 });

function jsonValue(form: JsonForm) {
  return z.record(z.string().max(200), z.unknown()).superRefine((value, context) => {
    for (const { problem } of jsonProblems(form, JSON.stringify(value))) context.addIssue({ code: "custom", message: problem });
  });
}

/** What a document shows as `json_schema`. */
const answerSchema = {
  type: "object",
  properties: { outdated: { type: "array", items: { type: "string" } } },
  required: ["outdated"],
};

function withoutProblem(schema: z.ZodString, problemOf: (value: string) => string | null) {
  return schema.superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== null) context.addIssue({ code: "custom", message });
  });
}

const attachment = z.strictObject({
  name: text.min(1).max(255).describe("The file's name, for people."),
  data: z
    .string()
    .max(maxAttachedCharacters)
    .superRefine((data, context) => {
      const problem = attachmentProblem(data);
      if (problem !== null) context.addIssue({ code: "custom", message: problem });
    })
    .describe("The image in base64, without line ends."),
});
const attachments = z
  .array(attachment)
  .max(maxAttachments)
  .superRefine((given, context) => {
    const problem = attachmentsProblem(given.map(({ data }) => ({ bytes: bytesOfBase64(data) })));
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  });

/** A value that was given. */
function valueSchema(row: OptionRow): z.ZodType {
  switch (row.kind) {
    case "text": {
      if (row.pattern !== undefined) return z.string().regex(row.pattern.source, row.pattern.sentence);
      const bounded = row.isTrimmed === true ? text.trim().min(1).max(row.maxLength) : text.max(row.maxLength);
      return row.problem === undefined ? bounded : withoutProblem(bounded, row.problem);
    }
    case "choice":
      return z.enum(row.choices);
    case "rules":
      return z.array(rule).max(row.maxItems);
    case "commands":
      return z.array(verifyCommand).max(row.maxItems);
    case "patterns":
      return z.array(pattern).max(row.maxItems);
    case "hosts":
      return z.array(host).max(row.maxItems);
    case "names":
      return z.array(lock).max(row.maxItems);
    case "directories":
      return z.array(text.min(1).max(4096)).max(row.maxItems);
    case "attachments":
      return attachments;
    case "json":
      return jsonValue(row.form);
    case "schema":
      return jsonValue("schema").meta({ examples: [answerSchema] });
    case "integer":
    case "duration":
      return z.int().min(row.min).max(row.max);
    case "money":
      return z.number().positive().max(row.max);
    case "switch":
      return z.boolean();
    case "labels":
      return labels;
  }
}

/** A value as a view has it: no bounds, because it was checked when it was given. */
function shownSchema(row: OptionRow): z.ZodType {
  switch (row.kind) {
    case "text":
      return z.string();
    case "choice":
      return z.enum(row.choices);
    case "rules":
    case "commands":
    case "patterns":
    case "hosts":
    case "names":
    case "directories":
    case "json":
      return z.array(z.string());
    case "schema":
      return z.record(z.string(), z.unknown());
    case "attachments":
      return z.array(z.object({ name: z.string(), media_type: z.enum(imageTypes), bytes: z.int() }));
    case "integer":
    case "duration":
      return z.int();
    case "money":
      return z.number();
    case "switch":
      return z.boolean();
    case "labels":
      return z.record(z.string(), z.string());
  }
}

type Given<R> = z.ZodType<GivenOf<R>, GivenOf<R>>;
/** Options whose default is null, or a setting. */
type MayBeNull = { default: null } | { setting: object };
type Submitted<R> = z.ZodOptional<R extends MayBeNull ? z.ZodNullable<Given<R>> : Given<R>>;
type Unset<R> = z.ZodOptional<z.ZodNullable<Given<R>>>;
type Changed<R> = z.ZodOptional<R extends MayBeNull ? z.ZodNullable<Given<R>> : Given<R>>;
type View<R> = z.ZodType<ShownOf<R>, ShownOf<R>>;
type Shown<R> = null extends HeldValue<R> ? z.ZodNullable<View<R>> : View<R>;

function forEach(make: (row: OptionRow) => z.ZodType): Record<OptionName, z.ZodType> {
  return Object.fromEntries(optionRows.map((row) => [row.name, make(row)])) as Record<OptionName, z.ZodType>;
}

/** The values alone: neither absent nor null. */
export const optionValues = forEach(valueSchema) as { [Name in OptionName]: Given<RowOf<Name>> };

function mayBeNull(row: OptionRow): boolean {
  return row.default === null || row.setting !== undefined;
}

/**
 * In a submit: null and absent mean the default, of the task's group or of everything. The values
 * are filled in where the task is made (domain/task/option-values.ts): a parsed submit still says
 * what was named.
 */
export const submittedOptions = forEach((row) => {
  const value = valueSchema(row);
  return (mayBeNull(row) ? value.nullish() : value.optional().meta({ default: row.default })).describe(row.sentence);
}) as { [Name in OptionName]: Submitted<RowOf<Name>> };

/** In what stands for a part of a submit: what is left out says nothing. */
export const optionalOptions = forEach((row) => {
  const value = valueSchema(row);
  return (mayBeNull(row) ? value.nullish() : value.optional()).describe(row.sentence);
}) as { [Name in OptionName]: Changed<RowOf<Name>> };

/**
 * In a retry or an edit, where no field may have a default: it would change what the caller left
 * out. Null takes the value away.
 */
export const changedOptions = forEach((row) =>
  valueSchema(row)
    .nullish()
    .describe(row.retrySentence ?? row.sentence),
) as {
  [Name in OptionName]: Unset<RowOf<Name>>;
};

/** As defaults of a group: null takes a default back. */
export const defaultOptions = forEach((row) => valueSchema(row).nullish().describe(row.sentence)) as {
  [Name in OptionName]: Unset<RowOf<Name>>;
};

/** In views. */
export const shownOptions = forEach((row) => {
  const shown = shownSchema(row);
  return row.default === null && row.setting?.always !== true ? shown.nullable() : shown;
}) as { [Name in OptionName]: Shown<RowOf<Name>> };
