/**
 * What a door takes to submit a task. Names are the REST body's, the CLI's `--json` and the MCP
 * tools'.
 */
import { z } from "zod";
import { maxPromptBytes } from "../domain/task/prompt-size.ts";
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
  ...orderInput,
});

/** A submit as it arrives. */
export type TaskInput = z.input<typeof taskInput>;
/** A submit after parsing: defaults filled in. */
export type ParsedTaskInput = z.output<typeof taskInput>;
