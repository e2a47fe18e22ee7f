/** Says in a sentence how a group stands. */
import type { BudgetView } from "../../contract/views/budget.ts";
import type { GroupView } from "../../contract/views/group.ts";
import { dollars } from "../../domain/order/budget.ts";

export function groupLine({ name, limit, paused, running, pending, budgets, defaults }: GroupView): string {
  const most = limit === null ? "no limit of its own" : limit === 0 ? "limit 0" : `at most ${limit} at once`;
  const works = limit === null ? `has ${most}` : limit === 0 ? `starts none of its tasks (${most})` : `runs ${most}`;
  const state = paused ? `is paused (${most})` : works;
  const money = budgets.map((budget) => `; ${budgetText(budget)}`).join("");
  const count = Object.keys(defaults).length;
  const options = count === 0 ? "" : `; defaults for ${count} ${count === 1 ? "option" : "options"} of its tasks`;
  return `Group ${name} ${state}${money}${options}; ${running} running, ${pending} pending.`;
}

/** A budget without its scope: `$3.20 of $20.00 this day (hard)`. */
export function budgetText({ spent_usd: spent, limit_usd: limit, period, state, hard }: BudgetView): string {
  const notes = [...(hard ? ["hard"] : []), ...(state === "spent" ? ["spent"] : [])].join(", ");
  return `${dollars(spent)} of ${dollars(limit)} this ${period}${notes === "" ? "" : ` (${notes})`}`;
}
