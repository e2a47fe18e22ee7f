/** What a submit says about when a task may start: after which tasks, from when on, or not yet. */
import { z } from "zod";
import { dependencyConditions, maxDependencies } from "../domain/order/dependency.ts";
import { text } from "./task-options.ts";
import { taskRef } from "./task-ref.ts";

const named = z.union([taskRef, text.trim().min(1).max(200)]);
const dependency = z.union([
  named,
  z.strictObject({
    task: named.describe("A task's number, or the name of another task of the same batch."),
    on: z.enum(dependencyConditions).default("completed").describe("How that task has to end. `ended`: in any way."),
  }),
]);

export const orderInput = {
  depends_on: z
    .array(dependency)
    .max(maxDependencies)
    .optional()
    .describe(
      "Tasks that have to end first: numbers, or names of other tasks of the same batch. Where one ends in another way than `on` says, the task is `skipped`.",
    )
    .meta({ examples: [[{ task: 41, on: "completed" }]] }),
  not_before: z.iso.datetime({ offset: true }).nullish().describe("When the task may start at the earliest, RFC 3339."),
  stash: z.boolean().optional().describe("Put the task aside: it waits until it is put into the queue (`enqueue`)."),
};

export type GivenDependency = z.output<typeof dependency>;
