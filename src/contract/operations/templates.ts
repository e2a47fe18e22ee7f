/** Templates: stored prompts with variables, and options of their tasks. */
import { z } from "zod";
import { maxAttachedCharacters } from "../../domain/task/attachment.ts";
import { maxPromptBytes } from "../../domain/task/prompt-size.ts";
import { maxValueCharacters, maxVariables } from "../../domain/templates/template.ts";
import { orderInput } from "../order-input.ts";
import { taskInput } from "../task-input.ts";
import { optionalOptions, text } from "../task-options.ts";
import { templateName, variableName } from "../template-names.ts";
import { taskView } from "../views/task.ts";
import { templateList, templateView } from "../views/template.ts";
import { operation } from "./operation.ts";
import { idempotencyHeaders } from "./submit.ts";

const tag = "Templates";
/** A prompt of the longest length, with room for JSON's escapes and the other fields. */
const maxTemplateBytes = maxPromptBytes + 1024 * 1024;

/** Values of variables, by their names. */
export const variableValues = z
  .record(variableName, text.max(maxValueCharacters))
  .refine((values) => Object.keys(values).length <= maxVariables, `at most ${maxVariables} variables`)
  .meta({ maxProperties: maxVariables, examples: [{ branch: "main" }] });

const { attachments: _images, ...storedOptions } = optionalOptions;
const working_directory = taskInput.shape.working_directory.optional();

const options = z
  .strictObject({
    ...storedOptions,
    working_directory: working_directory.describe("Where its tasks work, where a caller names no directory."),
  })
  .describe("Options of its tasks. What a caller gives counts more.");

export const templateInput = z.strictObject({
  name: templateName.describe("What callers name: letters, digits, '.', ':', '_' and '-'."),
  prompt: taskInput.shape.prompt.describe("What Claude should do, with `{{ vars.NAME }}` for what each caller gives."),
  defaults: variableValues.default({}).describe("Values of variables that a caller does not give."),
  options: options.default({}),
});
export type TemplateInput = z.output<typeof templateInput>;

export const templateChange = z
  .strictObject({
    prompt: templateInput.shape.prompt.optional(),
    defaults: z
      .record(variableName, text.max(maxValueCharacters).nullable())
      .optional()
      .describe("Defaults to set; null takes one away. Others stay.")
      .meta({ examples: [{ branch: "main" }] }),
    options: options.optional().describe("Options to set; null takes one away. Others stay."),
  })
  .refine((change) => Object.keys(change).length > 0, "names nothing to change: give prompt, defaults or options");
export type TemplateChange = z.output<typeof templateChange>;

const params = z.strictObject({ template: templateName.describe("The template's name.").meta({ examples: ["review"] }) });

export const templateRun = z.strictObject({
  vars: variableValues.default({}).describe("The variables of its prompt."),
  context: taskInput.shape.prompt.optional().describe("Text that follows the prompt. `{{ … }}` in it is not filled in."),
  working_directory: working_directory.describe("Absolute path of an existing, trusted directory. Default: the template's."),
  ...optionalOptions,
  from_settings: taskInput.shape.from_settings.describe(
    "Options of this call that come from settings of the caller: options of the template and defaults of the task's group count before them.",
  ),
  ...orderInput,
});
export type TemplateRun = z.output<typeof templateRun>;

export const templateOperations = {
  listTemplates: operation("listTemplates", {
    access: "read",
    tag,
    summary: "List templates",
    answer: "The templates, by name.",
    output: templateList,
  }),
  getTemplate: operation("getTemplate", {
    access: "read",
    tag,
    summary: "Get a template",
    params,
    answer: "The template.",
    output: templateView,
  }),
  addTemplate: operation("addTemplate", {
    access: "admin",
    tag,
    summary: "Add a template",
    description: "Agents cannot.",
    body: templateInput,
    maxBodyBytes: maxTemplateBytes,
    status: 201,
    answer: "The template.",
    output: templateView,
    problems: ["conflict"],
  }),
  updateTemplate: operation("updateTemplate", {
    access: "admin",
    tag,
    summary: "Change a template",
    description: "Tasks that were made of it stay as they are. Agents cannot.",
    params,
    body: templateChange,
    maxBodyBytes: maxTemplateBytes,
    answer: "The template.",
    output: templateView,
  }),
  removeTemplate: operation("removeTemplate", {
    access: "admin",
    tag,
    summary: "Remove a template",
    description: "Tasks that were made of it stay. Agents cannot.",
    params,
    status: 204,
    answer: "Removed.",
    output: null,
  }),
  runTemplate: operation("runTemplate", {
    access: "submit",
    tag,
    summary: "Submit a task of a template",
    description:
      "The task has the template's prompt and options, with the rights that a submit by this caller has. What the body names counts more than the template.",
    headers: idempotencyHeaders,
    params,
    body: templateRun,
    maxBodyBytes: maxTemplateBytes + maxAttachedCharacters,
    status: 201,
    answer: "The task, durable. `Location` names it; `Idempotent-Replayed: true` tells that it was there already.",
    output: taskView,
    problems: ["untrusted_directory", "conflict", "unprocessable"],
  }),
};
