/** Values that arrive as text: in paths and in query strings. */
import { z } from "zod";
import { taskRefInText } from "../task-ref.ts";

/** The largest number that a path or a query may name. */
export const largest = Number.MAX_SAFE_INTEGER;

/** A whole number that arrives as text. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int("is too large a number").min(min).max(max));

/** One value, several of them, or some with commas between. */
export const listOf = <T extends string>(item: z.ZodType<T, string>) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : [value]).flatMap((part) => part.split(",")))
    .pipe(z.array(item).max(50));

/** A switch that arrives as text. */
export const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .pipe(z.boolean());

export const time = z.iso.datetime({ offset: true, error: "must be a time like 2026-11-22T12:00:00Z" });

export const taskParams = z.strictObject({
  id: taskRefInText.describe("The task: its number, or `f` and the number of a task of several machines."),
});
