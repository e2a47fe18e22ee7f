/**
 * Keeps tasks from paid overage: puts the holds, and asks a person for consent where the settings
 * want that. The question stands in the story of the task whose report it was. No attempt waits for
 * it: what it holds is every task of the account. Works inside of the ingest's write.
 */
import { createHash, randomUUID } from "node:crypto";
import type { AccountReport } from "../domain/order/account-report.ts";
import { isOver } from "../domain/order/hold.ts";
import { consentEnd, consentInput, consentTool } from "../domain/questions/consent.ts";
import { questionText } from "../domain/questions/offered-options.ts";
import { capSentence, overageHold, overageLimits } from "../domain/task/overage.ts";
import type { OverageLimit } from "../domain/task/overage.ts";
import type { Attempt } from "../domain/task/task.ts";
import { canonicalJson } from "../domain/text/canonical-json.ts";
import type { Store } from "../store/store.ts";

/**
 * @param options.asks whether a person may consent. @param options.capUsd what may be spent in a
 * billing period; null: there is no cap. @param options.now the time of the report.
 */
export function keepFromOverage(
  store: Store,
  attempt: Attempt,
  report: AccountReport,
  { asks, capUsd = null, now }: { readonly asks: boolean; readonly capUsd?: number | null; readonly now: number },
): void {
  const { account } = attempt;
  if (account === null || ((asks || capUsd !== null) && (store.accounts.get(account)?.overageUntil ?? 0) > now)) return;
  const limits = overageLimits(report, account, { now, wall: now });
  if (limits.length === 0) return;
  const consent = asks ? consentOf(store, attempt, account, { limits, now }) : null;
  for (const limit of limits) store.holds.put(overageHold(limit, consent, capUsd === null ? null : capSentence(null, capUsd)), now);
}

/** The number of the open question; null: the holds are there already, and a person said no. */
function consentOf(
  store: Store,
  attempt: Attempt,
  account: string,
  { limits, now }: { readonly limits: readonly OverageLimit[]; readonly now: number },
): number | null {
  const [open] = store.questions.openConsents(account);
  if (open !== undefined) return open.id;
  const held = store.holds.active().filter((hold) => hold.kind === "overage" && !isOver(hold, now));
  if (limits.every(({ scope }) => held.some((hold) => hold.scope === scope))) return null;
  return ask(store, attempt, { limits, now });
}

function ask(store: Store, { id: attemptId, taskId }: Attempt, { limits, now }: { limits: readonly OverageLimit[]; now: number }): number {
  const [kind, tool, input] = ["consent", consentTool, consentInput(limits)] as const;
  const inputHash = createHash("sha256")
    .update(canonicalJson([tool, input]))
    .digest("hex");
  const asked = { key: randomUUID(), kind, tool, toolUseId: null, agentId: null, input, inputHash, rule: null };
  const { id, deadline } = store.questions.ask(taskId, attemptId, asked, { askedAt: now, deadline: consentEnd(limits) });
  const until = deadline === null ? {} : { deadline: new Date(deadline).toISOString() };
  const data = { question: id, kind, tool, text: questionText(asked), ...until };
  store.events.append(taskId, attemptId, [{ type: "question_asked", at: now, data }], `[question] q${id} ${data.text}`);
  return id;
}
