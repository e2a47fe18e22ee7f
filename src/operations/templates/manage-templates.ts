/** Lists, adds, changes and removes templates. */
import type { Caller } from "../../contract/caller.ts";
import type { TemplateChange, TemplateInput } from "../../contract/operations/templates.ts";
import type { TemplateView } from "../../contract/views/template.ts";
import { WorkerError } from "../../domain/errors.ts";
import { expressionRoots, findExpressions } from "../../domain/prompts/expressions.ts";
import { namesIn } from "../../domain/task/option-json.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import { maxTemplates, variablesOf } from "../../domain/templates/template.ts";
import type { Template } from "../../domain/templates/template.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { objectOf } from "../../domain/text/read-json.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import type { Store } from "../../store/store.ts";
import { requireReadable } from "../prompts/evaluate.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { rfc3339 } from "../tasks/times.ts";

/** By name. */
export function listTemplates(store: Store): TemplateView[] {
  return store.templates.list().map(templateViewOf);
}

/** @throws WorkerError not_found. */
export function requireTemplate(store: Store, name: string): Template {
  const template = store.templates.get(name);
  if (template !== null) return template;
  const near = didYouMean(
    name,
    store.templates.list().map((each) => each.name),
  );
  const meant = near === null ? "" : ` Did you mean "${near}"?`;
  throw new WorkerError("not_found", `There is no template ${name}.${meant} See which there are: claude-worker template list`);
}

/** @throws WorkerError conflict: there is one with this name; invalid_input, forbidden. */
export async function addTemplate(store: Store, input: TemplateInput, caller: Caller, now: number): Promise<TemplateView> {
  requirePerson(caller);
  const template = { ...input, options: given(input.options), createdAt: now, updatedAt: now };
  requireSound(template);
  return await store.write(() => {
    if (store.templates.get(input.name) !== null)
      throw new WorkerError("conflict", `There is a template ${input.name} already. Change it: claude-worker template edit ${input.name}`);
    if (store.templates.count() >= maxTemplates)
      throw new WorkerError("conflict", `There are ${maxTemplates} templates already. Remove some: claude-worker template rm NAME`);
    store.templates.put(template);
    return templateViewOf(template);
  });
}

/** @throws WorkerError not_found, invalid_input, forbidden. */
export async function changeTemplate(
  store: Store,
  name: string,
  { prompt, defaults = {}, options = {} }: TemplateChange,
  caller: Caller,
  now: number,
): Promise<TemplateView> {
  requirePerson(caller);
  return await store.write(() => {
    const before = requireTemplate(store, name);
    const changed = {
      ...before,
      prompt: prompt ?? before.prompt,
      defaults: Object.fromEntries(
        Object.entries({ ...before.defaults, ...defaults }).filter((entry): entry is [string, string] => entry[1] !== null),
      ),
      options: given({ ...before.options, ...options }),
      updatedAt: now,
    };
    requireSound(changed);
    store.templates.put(changed);
    return templateViewOf(changed);
  });
}

/** @throws WorkerError not_found, forbidden. */
export async function removeTemplate(store: Store, name: string, caller: Caller): Promise<void> {
  requirePerson(caller);
  await store.write(() => {
    requireTemplate(store, name);
    store.templates.remove(name);
  });
}

export function templateViewOf(template: Template): TemplateView {
  const { name, prompt, options, createdAt, updatedAt } = template;
  const shown = Object.entries(options).map(([field, value]) => {
    const row = optionRows.find((each) => each.name === field);
    return [field, row?.kind === "json" ? namesIn(row.form, objectOf(value)) : value];
  });
  return {
    name,
    prompt,
    variables: variablesOf(template),
    options: Object.fromEntries(shown) as Record<string, unknown>,
    created_at: rfc3339(createdAt),
    updated_at: rfc3339(updatedAt),
  };
}

/** The fields that have a value. */
function given(options: object): JsonObject {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null)) as JsonObject;
}

/** @throws WorkerError forbidden. */
function requirePerson(caller: Caller): void {
  if (!isAgent(caller)) return;
  throw new WorkerError("forbidden", "Agents do not change templates. Ask the user for it, or submit a task with a prompt of its own.");
}

/** @throws WorkerError invalid_input: an expression that no caller can give a value to. */
function requireSound(template: Template): void {
  for (const { source, root, path } of findExpressions(template.prompt)) {
    requireReadable(source);
    if (root === "inputs" || root === "matrix")
      throw wrongPrompt(source, `belongs to workflows: templates have {{ vars.${path[0] ?? "name"} }}`);
    if (root === "vars" && path[0] === undefined) throw wrongPrompt(source, "names no variable: write {{ vars.NAME }}");
  }
  const known = variablesOf(template).map(({ name }) => name);
  for (const name of Object.keys(template.defaults)) {
    if (known.includes(name)) continue;
    const near = didYouMean(name, known);
    const meant = near === null ? "" : ` Did you mean "${near}"?`;
    const detail = `has a default for "${name}", and the prompt has no {{ vars.${name} }}`;
    throw new WorkerError("invalid_input", `The template ${detail}.${meant}`, [{ pointer: `/defaults/${name}`, detail }]);
  }
}

function wrongPrompt(source: string, what: string): WorkerError {
  const detail = `{{ ${source} }} ${what}`;
  return new WorkerError("invalid_input", `In the prompt, ${detail}. Roots are ${expressionRoots.join(", ")}.`, [
    { pointer: "/prompt", detail },
  ]);
}
