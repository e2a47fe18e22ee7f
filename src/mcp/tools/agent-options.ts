/** Options that no agent may set: the tools do not offer them. */
import { optionRows } from "../../domain/task/option-values.ts";
import type { taskOptions } from "../../domain/task/options.ts";

type PersonalName = Extract<(typeof taskOptions)[number], { readonly agent: object }>["name"];

const personal = optionRows.filter(({ agent }) => typeof agent === "object");

/** What a schema leaves out. */
export const personalOptions = Object.fromEntries(personal.map(({ name }) => [name, true])) as Record<PersonalName, true>;
