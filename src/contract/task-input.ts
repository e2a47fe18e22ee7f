/** What a door takes to submit a task. Names are the REST body's, the CLI's `--json` and the MCP tools'. */
import { z } from "zod";
import { ruleFault } from "../domain/permission-rule.ts";
import { permissionModes } from "../domain/task.ts";

/** Longest prompt in bytes of UTF-8: 10 MB. */
export const maxPromptBytes = 10 * 1024 * 1024;

/** Text that SQLite, JSON and terminals can hold: well-formed, without NUL. */
export const text = z
  .string()
  .refine((value) => value.isWellFormed() && !value.includes("\0"), "must be well-formed Unicode without NUL characters");
const rule = text
  .trim()
  .min(1)
  .max(1000)
  .superRefine((value, context) => {
    const fault = value === "" ? null : ruleFault(value);
    if (fault === null) return;
    const message = `the permission rule ${value} is malformed: ${fault}. Write Tool or Tool(what), e.g. Bash(npm test)`;
    context.addIssue({ code: "custom", message });
  });
export const labelKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, "a label's key has 1-63 letters, digits, '.', '_' or '-'");

export const labels = z
  .record(labelKey, text.max(200))
  .refine((value) => Object.keys(value).length <= 50, "at most 50 labels")
  .meta({ maxProperties: 50 });
export const groupName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, "a group has 1-63 letters, digits, '_' or '-'");
export const taskName = text.trim().min(1).max(200);
export const taskPriority = z.int().min(-1000).max(1000);

export const taskInput = z.strictObject({
  prompt: text
    .refine((value) => value.trim() !== "", "the prompt is empty: say what Claude should do")
    .refine((value) => Buffer.byteLength(value) <= maxPromptBytes, {
      error: "the prompt is over 10 MB: put the material into a file and name it in the prompt",
      params: { code: "payload_too_large" },
    })
    .meta({ description: "What Claude should do. At most 10 MB of UTF-8.", maxLength: maxPromptBytes }),
  working_directory: text.min(1).max(4096).describe("Absolute path of an existing, trusted directory."),
  name: taskName.nullish().describe("A name for lists; not unique."),
  system_prompt: text.max(100_000).nullish().describe("Appended to Claude Code's own system prompt."),
  model: text.trim().min(1).max(200).nullish().describe("Model name or alias; default: Claude Code's own default."),
  permission_mode: z
    .enum(permissionModes)
    .nullish()
    .describe("Default: the server's setting (`acceptEdits`). `bypassPermissions` needs the admin scope."),
  allow: z.array(rule).max(200).default([]).describe("Permission rules that allow, e.g. `Bash(npm test)`."),
  deny: z.array(rule).max(200).default([]).describe("Permission rules that deny; stronger than allow."),
  max_turns: z.int().min(1).max(100_000).nullish(),
  max_budget_usd: z.number().positive().max(1_000_000).nullish(),
  timeout_ms: z.int().min(1000).max(2_592_000_000).nullish().describe("Wall clock of one attempt, milliseconds."),
  stall_timeout_ms: z.int().min(1000).max(2_592_000_000).nullish().describe("Longest silence of one attempt, milliseconds."),
  background_grace_ms: z
    .int()
    .min(0)
    .max(604_800_000)
    .nullish()
    .describe("How long commands that Claude left in the background are waited for after its turn, milliseconds; default: the setting."),
  retries: z.int().min(0).max(100).default(0).describe("Extra tries when the agent itself fails or times out."),
  ignore_broken_settings: z
    .boolean()
    .default(false)
    .describe(
      "Run also where a settings file that counts in the directory is broken, so that its rules and hooks are out of force. Not for agents.",
    ),
  priority: taskPriority.default(0).describe("Higher starts earlier."),
  group: groupName.default("default"),
  labels: labels.default({}),
});

/** A submit as it arrives. */
export type TaskInput = z.input<typeof taskInput>;
/** A submit after parsing: defaults filled in. */
export type ParsedTaskInput = z.output<typeof taskInput>;
