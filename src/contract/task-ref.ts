/**
 * Defines how inputs, paths and views refer to a task: `42`, or `f42` for a task of several
 * machines.
 */
import { z } from "zod";
import { readTaskRef } from "../domain/task/task-ref.ts";
import type { FleetRef } from "../domain/task/task-ref.ts";

const sentence = "must be a task's number, e.g. 42";

// zod's own template would also take f-1 and f1.5.
const fleetRef = z.string().regex(/^f[1-9]\d{0,14}$/, sentence) as unknown as z.ZodType<FleetRef, FleetRef>;

/** In JSON. */
export const taskRef = z.union([z.int().min(1), fleetRef], { error: sentence });

/** In a path or a query, where everything is text. */
export const taskRefInText = z
  .string()
  .transform((text, context) => {
    const ref = readTaskRef(text);
    if (ref === null) context.addIssue({ code: "custom", message: sentence });
    return ref ?? z.NEVER;
  })
  .pipe(taskRef);
