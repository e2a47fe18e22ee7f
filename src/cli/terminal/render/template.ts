/** Words about templates. */
import type { TemplateView } from "../../../contract/views/template.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";

/** How to use it: a command that can be copied. */
export function templateUse({ name, variables }: Pick<TemplateView, "name" | "variables">): string {
  const vars = variables.filter((each) => each.default === null).map((each) => ` --var ${each.name}=…`);
  return `claude-worker run --template ${name}${vars.join("")}`;
}

/** `branch=main, issue`: those with a default have it. */
export function variablesText({ variables }: Pick<TemplateView, "variables">): string {
  return variables.map((each) => (each.default === null ? each.name : `${each.name}=${plainLine(each.default, 60)}`)).join(", ");
}
