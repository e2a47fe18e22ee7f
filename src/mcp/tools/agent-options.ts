/** Options that no agent may set: the tools do not offer them. */
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import type { taskOptions } from "../../domain/task/options.ts";

type PersonalName = Extract<(typeof taskOptions)[number], { readonly agent: object }>["name"];

const personal = optionRows.filter(({ agent }) => typeof agent === "object");

/** What a schema leaves out. */
export const personalOptions = Object.fromEntries(personal.map(({ name }) => [name, true])) as Record<PersonalName, true>;

/** What a task then has for them. */
export const personalDefaults = Object.fromEntries(personal.map((row) => [row.name, row.default])) as unknown as Pick<
  ParsedTaskInput,
  PersonalName
>;
