/** Gives a step that names a template the template's prompt and options. */
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { findExpressions } from "../../domain/prompts/expressions.ts";
import { fittingDefaults } from "../../domain/task/fitting-defaults.ts";
import type { Json } from "../../domain/prompts/given-values.ts";
import type { Template } from "../../domain/templates/template.ts";
import type { Store } from "../../store/store.ts";
import { requireTemplate } from "../templates/manage-templates.ts";
import { variableValuesOf } from "../templates/task-of-template.ts";
import type { PlannedStep } from "./expand-file.ts";
import { filledText } from "./fill-fields.ts";

/**
 * The step with a prompt. What the template says later changes nothing in it.
 * @throws WorkerError invalid_input: there is no such template, or a variable is missing or wrong.
 */
export function withTemplate(store: Store, step: PlannedStep): PlannedStep {
  if (step.template === null) return step;
  const { name, vars: written, own } = step.template;
  const template = read(() => requireTemplate(store, name), step);
  const texts = Object.fromEntries(Object.entries(written).map(([each, value]) => [each, String(value)]));
  const how = (names: readonly string[]): string => `vars: { ${names.map((each) => `${each}: …`).join(", ")} }`;
  const values = read(() => variableValuesOf(template, texts, how), step);
  const stands = new Map(Object.keys(texts).flatMap((each) => alone(values[each] ?? "").map((source) => [each, source] as const)));
  const vars: Record<string, Json> = {};
  for (const [each, text] of Object.entries(values))
    if (!stands.has(each)) vars[each] = Object.hasOwn(texts, each) ? read(() => filledText(text, step, `vars.${each}`), step) : text;
  // The run names the directory.
  const { working_directory: _directory, ...options } = template.options;
  const kind = own["workspace_kind"] ?? options["workspace_kind"];
  const fields = { ...fittingDefaults(step.fields, kind), ...fittingDefaults(options, kind), ...own, prompt: promptOf(template, stands) };
  return { ...step, fields, vars, template: null, isFromTemplate: true };
}

function read<T>(look: () => T, step: PlannedStep): T {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    return step.fail(messageOf(error).replace(/\.$/, ""));
  }
}

/** The expression that is all of a text, so that its value takes the variable's place. */
function alone(text: string): string[] {
  const [only] = findExpressions(text);
  return only?.start === 0 && only.end === text.length && !only.source.includes("|") ? [only.source] : [];
}

/** The prompt, with the expressions that stand for variables in the place of these. */
function promptOf({ prompt }: Template, stands: ReadonlyMap<string, string>): string {
  return findExpressions(prompt).reduceRight((text, { start, end, source }) => {
    let changed = source;
    for (const [name, stand] of stands)
      changed = changed.replaceAll(new RegExp(String.raw`\bvars(?:\.${name}(?![\w-])|\[(["'])${name}\1\])`, "g"), () => stand);
    return changed === source ? text : `${text.slice(0, start)}{{ ${changed} }}${text.slice(end)}`;
  }, prompt);
}
