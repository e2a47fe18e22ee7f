/** Makes a submit of a template: its prompt with the variables of this call, and its options. */
import type { TemplateRun } from "../../contract/operations/templates.ts";
import { parseInput } from "../../contract/parse-input.ts";
import { taskInput } from "../../contract/task-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { fittingDefaults } from "../../domain/task/fitting-defaults.ts";
import { variablesOf } from "../../domain/templates/template.ts";
import type { Template } from "../../domain/templates/template.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import type { Store } from "../../store/store.ts";
import type { SubmitInput } from "../tasks/submit-task.ts";
import { requireTemplate } from "./manage-templates.ts";

/**
 * The input of a submit. What the call names counts more than the template, and the template more
 * than settings of the caller.
 * @throws WorkerError not_found; invalid_input: a variable is missing or unknown, or there is no
 * directory.
 */
export function taskOfTemplate(store: Store, name: string, { vars, context, from_settings: weak = [], ...own }: TemplateRun): SubmitInput {
  const template = requireTemplate(store, name);
  const values = variableValuesOf(template, vars, (names) => names.map((each) => `--var ${each}=…`).join(" "));
  const isWeaker = (field: string): boolean => weak.some((each) => each === field) && Object.hasOwn(template.options, field);
  const fields = Object.fromEntries(Object.entries(own).filter(([field, value]) => value !== undefined && !isWeaker(field)));
  const { prompt } = template;
  const raw = {
    ...fittingDefaults(template.options, fields["workspace_kind"] ?? template.options["workspace_kind"]),
    ...fields,
    from_settings: weak.filter((field) => !isWeaker(field)),
    prompt: context === undefined ? prompt : `${prompt.trimEnd()}\n\n${context}`,
    ...(context === undefined ? {} : { literal_from: prompt.trimEnd().length }),
  };
  if (!Object.hasOwn(raw, "working_directory")) {
    const detail = `is missing, and the template ${name} names none`;
    throw new WorkerError("invalid_input", `working_directory ${detail}.`, [{ pointer: "/working_directory", detail }]);
  }
  return { ...parseInput(taskInput, raw, `The task of template ${name}`), given: { vars: values, needs: {} }, isFromTemplate: true };
}

/**
 * The value of each variable of the template: what is given, or its default.
 * @param how says how a caller gives values of these names.
 * @throws WorkerError invalid_input: one is missing or unknown.
 */
export function variableValuesOf(
  template: Template,
  vars: Readonly<Record<string, string>>,
  how: (names: readonly string[]) => string,
): Record<string, string> {
  const variables = variablesOf(template);
  const names = variables.map(({ name }) => name);
  const unknown = Object.keys(vars).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const near = didYouMean(unknown, names);
    const there = names.length === 0 ? "it has none" : near === null ? `it has ${names.join(", ")}` : `did you mean "${near}"?`;
    throw problem(unknown, `The template ${template.name} has no variable "${unknown}"; ${there}`);
  }
  const missing = variables.filter((each) => each.default === null && !Object.hasOwn(vars, each.name)).map(({ name }) => name);
  const [first] = missing;
  if (first !== undefined) {
    throw problem(first, `The template ${template.name} needs ${missing.map((each) => `"${each}"`).join(", ")}. Give ${how(missing)}`);
  }
  return Object.fromEntries(variables.map((each) => [each.name, vars[each.name] ?? each.default ?? ""]));
}

function problem(name: string, sentence: string): WorkerError {
  return new WorkerError("invalid_input", /[.?!…]$/.test(sentence) ? sentence : `${sentence}.`, [
    { pointer: `/vars/${name}`, detail: sentence },
  ]);
}
