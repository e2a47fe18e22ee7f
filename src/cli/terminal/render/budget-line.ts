/** Says in a sentence how a budget stands. */
import type { BudgetView } from "../../../contract/views/budget.ts";
import { dollars, scopeWords } from "../../../domain/order/budget.ts";
import { localTime } from "./time.ts";

/** Without control characters: a label's value may have some. */
export function budgetLine({ scope, period, limit_usd: limit, spent_usd: spent, state, hard, ends_at: end }: BudgetView): string {
  const sums = `${dollars(spent)} of ${dollars(limit)} spent this ${period}`;
  const opens = state === "spent" ? `; nothing of it starts until ${localTime(end)}` : "";
  return `Budget of ${scopeWords(scope)}: ${sums}${hard ? " (hard)" : ""}${opens}.`;
}
