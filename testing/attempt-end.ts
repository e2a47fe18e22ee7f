/** The end of an attempt as plain values: nothing happened but what a test names. */
import type { AttemptFacts, Outcome, ResultFacts } from "../src/domain/attempt/outcome.ts";
import type { Consequence, EndedAttempt } from "../src/domain/attempt/consequence.ts";
import { defaultRetryPolicy } from "../src/domain/attempt/retry-policy.ts";
import { afterOutcome } from "../src/domain/attempt/retry.ts";

/** An attempt that ended and left nothing behind. */
export const noFacts: AttemptFacts = {
  result: null,
  limit: null,
  apiError: null,
  apiErrorText: null,
  thrown: null,
  sessionLost: null,
  background: [],
  notified: false,
  continues: false,
  continuesEnded: false,
  cut: [],
  verdict: null,
  stopRequested: null,
  ended: true,
  rebooted: false,
  begun: true,
  startProblem: null,
};

/** A success without a text. */
export function resultOf(change: Partial<ResultFacts>): ResultFacts {
  return {
    subtype: "success",
    isError: false,
    text: "",
    terminalReason: "completed",
    stopReason: "end_turn",
    startupFailure: null,
    apiErrorStatus: null,
    answerProblem: null,
    isCommandAnswer: false,
    calledModel: true,
    durationMs: 1,
    costUsd: 0,
    usage: {},
    permissionDenials: 0,
    ...change,
  };
}

/** What a test changes of a first attempt that made no progress. */
export type EndChange = Partial<Omit<EndedAttempt, "task">> & { task?: Partial<EndedAttempt["task"]> };

/** What follows from an outcome. A random wait has half of its width where `random` is absent. */
export function consequenceOf(outcome: Outcome, { task, ...change }: EndChange & Pick<EndedAttempt, "now" | "wall">): Consequence {
  return afterOutcome({
    outcome,
    progressed: false,
    ranMs: 0,
    death: { runnerLived: false, call: null },
    unbegun: 0,
    account: "abc",
    wasRefusedElsewhere: () => false,
    isHeld: () => false,
    alone: false,
    policy: defaultRetryPolicy,
    random: () => 0.5,
    ...change,
    task: {
      cancelRequestedAt: null,
      poisonCount: 0,
      setbacks: 0,
      cutCall: null,
      retriesSpent: 0,
      retries: 0,
      refusals: 0,
      refusal: null,
      model: null,
      maxBudgetUsd: null,
      costUsd: null,
      verifyTries: 3,
      verifyFailures: 0,
      keeping: null,
      earlierEnd: null,
      ...task,
    },
  });
}
