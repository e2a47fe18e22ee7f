/** What an answer about paid usage does. It has its effect at once: no attempt waits for it. */
import { consentUntil } from "../../domain/questions/consent.ts";
import type { Question } from "../../domain/questions/question.ts";
import { concernsAccount } from "../../domain/order/scope.ts";
import type { Store } from "../../store/store.ts";

/**
 * Inside `write`, with the answer. Lets the tasks of the account start and spend until the limits
 * are reset; a denial leaves the holds.
 */
export function giveConsent(store: Store, { id, attemptId, input, answer }: Question, now: number): void {
  const account = store.attempts.get(attemptId)?.account ?? null;
  if (answer?.decision === "allow" && account !== null) {
    store.accounts.consent(account, consentUntil(input, now));
    for (const { kind, scope } of store.holds.active()) {
      if (kind === "overage" && concernsAccount(scope, account)) store.holds.lift(kind, scope);
    }
  }
  store.questions.applied(id, now);
}

/** Inside `write`. Overage is not held any more, so the questions about it need no answer. */
export function withdrawConsents(store: Store): void {
  const open = store.questions.list({ statuses: ["open"], limit: Number.MAX_SAFE_INTEGER });
  for (const { id, kind } of open) if (kind === "consent") store.questions.supersede(id, true);
}
