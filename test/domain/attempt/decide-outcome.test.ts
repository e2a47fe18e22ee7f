import assert from "node:assert/strict";
import { test } from "node:test";
import { stopReasons } from "../../../src/domain/attempt/stop-reason.ts";
import { noFacts, resultOf } from "../../../testing/attempt-end.ts";
import * as fc from "fast-check";
import { factsFrom } from "../../../src/domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../../../src/domain/attempt/decide-outcome.ts";
import type { AttemptFacts, Outcome, ResultFacts } from "../../../src/domain/attempt/outcome.ts";
import { outcomeKinds } from "../../../src/domain/attempt/outcome.ts";
import { verifyStates } from "../../../src/domain/verification/verify-result.ts";
import type { Verdict, VerifyResult } from "../../../src/domain/verification/verify-result.ts";
import { notice } from "../../../testing/events.ts";

const answerAgain =
  "The logs show how it came to it. Retry it in the same conversation (--resume), from the beginning, or with another schema (--json-schema).";

const byStatus: [status: number | null, kind: Outcome["kind"]][] = [
  [400, "agent_failed"],
  [401, "auth_failed"],
  [403, "auth_failed"],
  [404, "agent_failed"],
  [408, "overloaded"],
  [413, "agent_failed"],
  [429, "rate_limited"],
  [500, "overloaded"],
  [503, "overloaded"],
  [529, "overloaded"],
  [null, "overloaded"],
];
for (const [status, kind] of byStatus) {
  test(`an API error with the status ${status ?? "none (no connection)"} is ${kind}`, () => {
    const result = resultOf({ isError: true, terminalReason: "api_error", apiErrorStatus: status, text: "API Error" });
    for (const apiError of [null, "unknown"]) {
      assert.equal(decideOutcome({ ...noFacts, result, apiError }).kind, kind);
    }
  });
}

const worded: [what: string, facts: Partial<AttemptFacts>, outcome: Outcome][] = [
  [
    "a request that the API refused",
    { apiError: "invalid_request", result: resultOf({ isError: true, apiErrorStatus: 400, text: "prompt is too long" }) },
    { kind: "agent_failed", apiStatus: 400, message: "Claude's API refused the request: prompt is too long." },
  ],
  [
    "an error without a status",
    { result: resultOf({ subtype: "error_during_execution", isError: true, terminalReason: "hook_stopped", text: "A hook said no!" }) },
    { kind: "agent_failed", message: "A hook stopped the turn: A hook said no!" },
  ],
  [
    "an error without a text",
    { thrown: "it broke", result: resultOf({ subtype: "error_during_execution", isError: true, terminalReason: null }) },
    { kind: "agent_failed", message: "Claude Code ended the turn with an error: it broke." },
  ],
  [
    "a schema that was never met",
    { result: resultOf({ subtype: "error_max_structured_output_retries", isError: true }) },
    { kind: "agent_failed", message: `No answer fitted the task's JSON Schema (--json-schema). ${answerAgain}` },
  ],
  [
    "an answer that does not fit the schema",
    { result: resultOf({ answerProblem: "/answer must be number" }) },
    {
      kind: "agent_failed",
      message: `The answer does not fit the task's JSON Schema (--json-schema): /answer must be number. ${answerAgain}`,
    },
  ],
  [
    "a task that was cancelled after an answer that does not fit",
    { result: resultOf({ answerProblem: "/answer must be number" }), stopRequested: "cancelled" },
    { kind: "cancelled", message: "Cancelled on request." },
  ],
  [
    "a budget that only the result's kind tells",
    { result: resultOf({ subtype: "error_max_budget_usd", isError: true, terminalReason: null, costUsd: 2.5 }) },
    {
      kind: "budget_exhausted",
      message: "Stopped at the task's budget after $2.5000. Retry it with a larger one (--max-budget-usd).",
    },
  ],
  [
    "turns that only the reason of the end tells",
    { result: resultOf({ subtype: "error_during_execution", isError: true, terminalReason: "max_turns" }) },
    { kind: "agent_failed", message: "Stopped at the task's limit of turns. Retry it with more (--max-turns)." },
  ],
  [
    "a turn that somebody else interrupted",
    { result: resultOf({ subtype: "error_during_execution", isError: true, terminalReason: "aborted_tools", text: "why" }) },
    { kind: "crashed", message: "Claude Code broke its turn off: why." },
  ],
  [
    "an API error before a result",
    { apiError: "overloaded" },
    { kind: "overloaded", message: "Claude's API was overloaded or not reachable: overloaded." },
  ],
];
for (const [what, facts, outcome] of worded) {
  test(`${what} is described in a sentence`, () => {
    assert.deepEqual(decideOutcome({ ...noFacts, ...facts }), outcome);
  });
}

test("a stop in the runner's journal is known without the attempt's row", () => {
  const noted = notice("stop_requested", { reason: "stalled" });
  const other = notice("cold_start", { reason: "cancelled" });
  assert.equal(factsFrom([noted], { stopRequested: null, rebooted: false }).stopRequested, "stalled");
  assert.equal(factsFrom([other], { stopRequested: null, rebooted: false }).stopRequested, null);
});

const anyText = fc.oneof(fc.string(), fc.constantFrom("api_error", "max_turns", "aborted_tools", "completed"));
const anyResult: fc.Arbitrary<ResultFacts> = fc.record({
  subtype: fc.oneof(fc.string(), fc.constantFrom("success", "error_max_turns", "error_max_budget_usd", "error_during_execution")),
  isError: fc.boolean(),
  text: fc.string(),
  terminalReason: fc.option(anyText),
  stopReason: fc.option(fc.constantFrom("end_turn", "tool_deferred", "pause_turn", "a_new_word")),
  startupFailure: fc.option(fc.constantFrom("cwd_unavailable", "toString")),
  apiErrorStatus: fc.option(fc.integer({ min: 100, max: 999 })),
  answerProblem: fc.option(fc.string()),
  isCommandAnswer: fc.boolean(),
  calledModel: fc.boolean(),
  durationMs: fc.nat(),
  costUsd: fc.double({ noNaN: true, min: 0 }),
  usage: fc.constant({}),
  permissionDenials: fc.nat(),
});
const anyVerifyResult: fc.Arbitrary<VerifyResult> = fc.record({
  name: fc.string(),
  command: fc.string(),
  state: fc.constantFrom(...verifyStates),
  exitCode: fc.option(fc.nat(255)),
  reason: fc.option(fc.string()),
  output: fc.string(),
});
const anyVerdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({ kind: fc.constantFrom("passed", "open") }),
  fc.record({ kind: fc.constantFrom("failed", "unavailable"), results: fc.array(anyVerifyResult, { minLength: 1 }) }),
);
const anyFacts: fc.Arbitrary<AttemptFacts> = fc.record({
  result: fc.option(anyResult),
  limit: fc.option(fc.record({ type: fc.string(), resetsAt: fc.option(fc.integer()) })),
  apiError: fc.option(fc.oneof(fc.string(), fc.constantFrom("authentication_failed", "rate_limit", "overloaded", "toString"))),
  apiErrorText: fc.option(fc.string()),
  thrown: fc.option(fc.string()),
  sessionLost: fc.option(fc.constantFrom("ENOSPC", "EDQUOT")),
  background: fc.constantFrom([], [{ id: "b1", type: "local_bash", description: "npm test" }]),
  notified: fc.boolean(),
  continues: fc.boolean(),
  continuesEnded: fc.boolean(),
  cut: fc.constantFrom([], ["npm test"]),
  verdict: fc.option(anyVerdict),
  stopRequested: fc.option(fc.constantFrom(...stopReasons)),
  ended: fc.boolean(),
  rebooted: fc.boolean(),
  begun: fc.boolean(),
  startProblem: fc.option(fc.string()),
});

test("any facts have an outcome of a known kind with a sentence for people", () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const outcome = decideOutcome(facts);
      assert.ok(outcomeKinds.includes(outcome.kind));
      assert.match(outcome.message, /^[A-Z].*[.!?…]$/s);
      if (facts.stopRequested === "cancelled") assert.ok(["cancelled", "succeeded"].includes(outcome.kind));
      if (outcome.kind === "lost") assert.ok(facts.rebooted && !facts.ended);
    }),
    { numRuns: 2000 },
  );
});

test("a Claude Code that cannot be started is the outcome unavailable", () => {
  const gaveUp = (error: string, text: string) =>
    decideOutcome(
      factsFrom([notice("api_error", { error, text }), { type: "attempt_ended", data: { thrown: null, stop_requested: null } }], {
        stopRequested: null,
        rebooted: false,
      }),
    );
  assert.deepEqual(gaveUp("claude_code_unavailable", "No binary."), {
    kind: "unavailable",
    message: "Claude Code cannot be started: No binary.",
  });
  assert.deepEqual(gaveUp("working_directory_gone", "It is gone."), {
    kind: "environment_failed",
    message: "It is gone.",
  });
  assert.deepEqual(gaveUp("workspace_lost", "The repository is gone."), { kind: "workspace_lost", message: "The repository is gone." });
  assert.partialDeepStrictEqual(gaveUp("worktree_failed", "The branch x exists."), { kind: "environment_failed" });
  assert.partialDeepStrictEqual(gaveUp("worktree_failed", "The disk is full: git reset could not write. Free some space."), {
    kind: "storage_full",
    message: "The task's worktree could not be made: The disk is full: git reset could not write. Free some space.",
  });
});

test("a hook without an answer in time ends the attempt, unless it is cancelled", () => {
  const facts = { ...noFacts, result: resultOf({}), apiError: "hook_timed_out", apiErrorText: "The hook Stop (x) hangs." };
  assert.deepEqual(decideOutcome(facts), { kind: "hook_timed_out", message: "The hook Stop (x) hangs." });
  assert.equal(decideOutcome({ ...facts, stopRequested: "cancelled", result: null }).kind, "cancelled");
});

test("a turn in which the model was never called is no_work", () => {
  const local = {
    ...noFacts,
    result: resultOf({ calledModel: false, terminalReason: null, stopReason: null, text: "/login isn't available." }),
  };
  assert.partialDeepStrictEqual(decideOutcome(local), { kind: "no_work" });
  assert.match(decideOutcome(local).message, /did not call the model.*\/login isn't available\. .*put a word before it/);
  const hook = { ...local, result: { ...local.result, text: "UserPromptSubmit operation blocked by hook: no" } };
  assert.doesNotMatch(decideOutcome(hook).message, /put a word/);
  assert.equal(decideOutcome({ ...local, stopRequested: "interrupted" }).kind, "interrupted", "it was stopped before the first call");
});

test("a result does not count for the turn of a message that ran after it", () => {
  const answered = { ...noFacts, result: resultOf({}), continues: true };
  assert.equal(decideOutcome(answered).kind, "succeeded", "Claude Code left by itself, so that turn had ended");
  assert.equal(decideOutcome({ ...answered, ended: false }).kind, "crashed");
  assert.equal(decideOutcome({ ...answered, ended: false, rebooted: true }).kind, "lost");
  assert.equal(decideOutcome({ ...answered, stopRequested: "cancelled" }).kind, "cancelled");
  assert.equal(decideOutcome({ ...answered, continues: false, stopRequested: "parked" }).kind, "parked");
  assert.equal(decideOutcome({ ...answered, continues: false, ended: false }).kind, "succeeded");
});

test("a deferred call, a lost session and a cut turn are not successes", () => {
  assert.equal(decideOutcome({ ...noFacts, result: resultOf({ stopReason: "tool_deferred", terminalReason: null }) }).kind, "agent_failed");
  assert.equal(decideOutcome({ ...noFacts, result: resultOf({}), sessionLost: "ENOSPC" }).kind, "storage_full");
  assert.equal(decideOutcome({ ...noFacts, result: resultOf({ terminalReason: "aborted_tools" }) }).kind, "crashed");
});

for (const [what, facts, kind] of [
  [
    "a full disk in the words of the turn",
    { result: resultOf({ isError: true, text: "ENOSPC: no space left on device, write" }) },
    "storage_full",
  ],
  ["a full disk in what the SDK threw", { thrown: "Claude Code exited with code 1: No space left on device" }, "storage_full"],
  ["a session that another process uses", { thrown: "Error: Session ID 5a is already in use." }, "environment_failed"],
] as const) {
  test(`${what} is the outcome ${kind}`, () => {
    assert.equal(decideOutcome({ ...noFacts, ...facts }).kind, kind);
  });
}
