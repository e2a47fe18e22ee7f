/** What doors take besides a submit: path parameters, query strings, and the small bodies of the other requests. */
import { z } from "zod";
import { taskStatuses } from "../domain/task.ts";
import { taskInput } from "./task-input.ts";
import { optionValues, text } from "./task-options.ts";

/** A whole number that arrives as text. */
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int("is too large a number").min(min).max(max));

/** One value, several of them, or some with commas between. */
const listOf = <T extends string>(item: z.ZodType<T, string>) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : [value]).flatMap((part) => part.split(",")))
    .pipe(z.array(item).max(50));

/** A switch that arrives as text. */
const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .pipe(z.boolean());

const time = z.iso.datetime({ offset: true, error: "must be a time like 2026-11-22T12:00:00Z" });
const largest = Number.MAX_SAFE_INTEGER;

export const taskParams = z.strictObject({ id: wholeNumber(1, largest).describe("The task's number.") });

/** `label=key=value`, as often as wanted; all must fit. */
const labelFilter = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : [value]))
  .pipe(z.array(text.max(300).regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}=/, "must be key=value")).max(50));

export const listQuery = z.strictObject({
  status: listOf(z.enum(taskStatuses)).optional().describe("Only tasks in one of these statuses."),
  group: optionValues.group.optional().describe("Only tasks of this group."),
  label: labelFilter.optional().describe("Only tasks with this label, as `key=value`. Of several all must fit."),
  working_directory: text.min(1).max(4096).optional().describe("Only tasks in this directory (absolute, without links) or below it."),
  attention: flag.optional().describe("`true`: only completed tasks with something to look at. `false`: only tasks without."),
  text: text.max(200).optional().describe("Part of the name or title."),
  name: text.min(1).max(200).optional().describe("Only tasks whose name begins with this."),
  created_after: time.optional().describe("Only tasks submitted after this moment."),
  created_before: time.optional().describe("Only tasks submitted before this moment."),
  order: z.enum(["newest", "oldest"]).optional().describe("By submission; default `newest`."),
  limit: wholeNumber(1, 500).optional().describe("Default 50."),
  cursor: z
    .string()
    .regex(/^[\w-]{1,200}$/, "is not from this server")
    .optional()
    .describe("`next_cursor` of the page before."),
});

export const eventsQuery = z.strictObject({
  after: wholeNumber(0, largest).optional().describe("Only events after this number. A stream's `Last-Event-ID` is stronger."),
  limit: wholeNumber(1, 1000).optional().describe("Default 100. Not for a stream."),
  tail: wholeNumber(0, 1000).optional().describe("The newest n events instead of those after a number."),
});

export const logsQuery = z.strictObject({
  kind: z.enum(["raw", "summary"]).default("summary").describe("Every SDK message as a line of JSON, or one readable line per action."),
});

/** What may change after submit. */
export const taskChange = z
  .strictObject({
    name: optionValues.name.nullable().optional(),
    priority: optionValues.priority.optional(),
    labels: optionValues.labels.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "names nothing to change: give name, priority or labels");

export const trustInput = z.strictObject({ directory: text.min(1).max(4096).describe("Absolute path of a directory.") });

export const holdInput = z.strictObject({ reason: text.trim().max(500).nullish().describe("For people: why nothing may start.") });

export const stopInput = z.strictObject({
  mode: z
    .enum(["leave", "drain", "now"])
    .default("leave")
    .describe("`leave` running attempts alone; `drain`: wait for them; `now`: stop them, resumable."),
  deadline_ms: z.int().min(0).max(86_400_000).optional().describe("With `drain`: how long to wait."),
});

export const batchInput = z.strictObject({
  tasks: z.array(taskInput).min(1).max(100).describe("At most 100; the whole body at most 11 MB."),
});

export const tokenInput = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.@+-][\w.@+ -]{0,62}$/, "a token's name has 1-63 letters, digits, spaces, '.', '_', '@', '+' or '-'")
    .refine((name) => name !== "local", "this name is the server's own")
    .describe("Whom or what the token is for."),
  scope: z.enum(["read", "submit", "admin"]).describe("`read`: look. `submit`: also submit, change and stop tasks. `admin`: everything."),
  expires_at: z.iso.datetime({ offset: true }).nullish().describe("Opens nothing from this moment on. Absent: never expires."),
});
export type TokenInput = z.input<typeof tokenInput>;
export type ParsedTokenInput = z.output<typeof tokenInput>;

export const tokenParams = z.strictObject({ id: wholeNumber(1, largest).describe("The token's number.") });

const day = z.iso.date("must be a day like 2026-11-22");

export const usageQuery = z.strictObject({
  by: z.enum(["day", "model", "group"]).default("day").describe("What is summed up."),
  since: day.optional().describe("First day, UTC, included."),
  until: day.optional().describe("Last day, UTC, included."),
});
export type UsageQuery = z.output<typeof usageQuery>;
