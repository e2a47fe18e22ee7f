/**
 * What a door takes to submit a task. Names are the REST body's, the CLI's `--json` and the MCP
 * tools'.
 */
import { z } from "zod";
import { maxPromptBytes } from "../domain/task/prompt-size.ts";
import { everyOption } from "../domain/task/option-values.ts";
import type { FilledOptions } from "../domain/task/option-values.ts";
import { orderInput } from "./order-input.ts";
import { submittedOptions, text } from "./task-options.ts";

export const taskInput = z.strictObject({
  prompt: text
    .refine((value) => value.trim() !== "", "the prompt is empty: say what Claude should do")
    .refine((value) => Buffer.byteLength(value) <= maxPromptBytes, {
      error: "the prompt is over 10 MB: put the material into a file and name it in the prompt",
      params: { code: "payload_too_large" },
    })
    .meta({ description: "What Claude should do. At most 10 MB of UTF-8.", maxLength: maxPromptBytes }),
  working_directory: text.min(1).max(4096).describe("Absolute path of an existing, trusted directory."),
  literal_from: z
    .int()
    .min(0)
    .optional()
    .describe(
      "The prompt is taken as it is written from this character on (UTF-16): `{{ … }}` is not filled in there. For text that comes from elsewhere, like a pipe or a file.",
    ),
  ...submittedOptions,
  from_settings: z
    .array(z.enum(everyOption))
    .max(everyOption.length)
    .optional()
    .describe("Options of this submit that come from settings of the caller: defaults of the task's group count before them."),
  ...orderInput,
});

/** A submit as it arrives. */
export type TaskInput = z.input<typeof taskInput>;
/** A submit after parsing. Options that were not named are absent, or null. */
export type ParsedTaskInput = z.output<typeof taskInput>;
/** The same with the defaults of the task's group, and those of options without a setting. */
export type FilledTaskInput = FilledOptions<ParsedTaskInput>;
