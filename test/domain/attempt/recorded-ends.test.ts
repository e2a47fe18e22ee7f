/** The outcome of recorded cases of Claude Code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resultOf } from "../../../testing/attempt-end.ts";
import { factsFrom } from "../../../src/domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../../../src/domain/attempt/decide-outcome.ts";
import { eventsFromRecord } from "../../../src/domain/events/events-from-record.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { stopReasons } from "../../../src/domain/attempt/stop-reason.ts";
import type { StopReason } from "../../../src/domain/attempt/stop-reason.ts";
import { factsOf } from "../samples/facts-of.ts";
import { event, notice } from "../../../testing/events.ts";

const fromSamples: [name: string, outcome: Outcome][] = [
  ["success", { kind: "succeeded", message: "Claude finished the task." }],
  ["tools", { kind: "succeeded", message: "Claude finished the task." }],
  ["subagent", { kind: "succeeded", message: "Claude finished the task." }],
  ["api-500-once", { kind: "succeeded", message: "Claude finished the task." }],
  ["denied", { kind: "succeeded", message: "Claude finished the task; 1 tool call was denied." }],
  ["denied-dont-ask", { kind: "succeeded", message: "Claude finished the task; 1 tool call was denied." }],
  ["denied-rule", { kind: "succeeded", message: "Claude finished the task; 1 tool call was denied." }],
  ["max-turns", { kind: "agent_failed", message: "Stopped at the task's limit of turns. Retry it with more (--max-turns)." }],
  [
    "budget",
    {
      kind: "budget_exhausted",
      message: "Stopped at the task's budget after $0.0100. Retry it with a larger one (--max-budget-usd).",
    },
  ],
  [
    "api-400-billing",
    {
      kind: "auth_failed",
      apiStatus: 400,
      message: "Claude's API refused the sign-in or the account: Credit balance is too low.",
    },
  ],
  [
    "api-401",
    {
      kind: "auth_failed",
      apiStatus: 401,
      message: "Claude's API refused the sign-in or the account: Invalid API key · Fix external API key.",
    },
  ],
  [
    "api-403",
    {
      kind: "auth_failed",
      apiStatus: 403,
      message: "Claude's API refused the sign-in or the account: Failed to authenticate. API Error: 403 Your account does not have access.",
    },
  ],
  [
    "api-404-model",
    {
      kind: "agent_failed",
      apiStatus: 404,
      message:
        "The model is not available: There's an issue with the selected model (claude-nonesuch-9). It may not exist or you may not have access to it.",
    },
  ],
  [
    "api-429",
    {
      kind: "rate_limited",
      apiStatus: 429,
      message: "Claude's API refused the request for now: API Error: Request rejected (429) · This request would exceed your rate limit.",
    },
  ],
  [
    "usage-limit",
    {
      kind: "rate_limited",
      apiStatus: 429,
      limit: "five_hour",
      resetsAt: Date.UTC(2030, 0, 1, 15),
      message: "The account's usage limit (five_hour) is reached.",
    },
  ],
  [
    "usage-limit-mid-turn",
    {
      kind: "rate_limited",
      apiStatus: 429,
      limit: "five_hour",
      resetsAt: Date.UTC(2030, 0, 1, 15),
      message: "The account's usage limit (five_hour) is reached.",
    },
  ],
  [
    "aborted",
    {
      kind: "crashed",
      message: "Claude Code ended without a result: Claude Code process terminated by signal SIGKILL.",
    },
  ],
];

for (const [name, outcome] of fromSamples) {
  test(`Claude Code's case "${name}" is the outcome ${outcome.kind}`, () => {
    assert.deepEqual(decideOutcome(factsOf(name)), outcome);
  });
}

for (const [name, status] of [
  ["api-500", 500],
  ["api-529", 529],
  ["api-disconnect", undefined],
] as const) {
  test(`the unusable model of case "${name}" is overloaded, in Claude Code's words`, () => {
    const outcome = decideOutcome(factsOf(name));
    assert.equal(outcome.kind, "overloaded");
    assert.equal(outcome.apiStatus, status);
    assert.match(outcome.message, /^Claude's API was overloaded or not reachable: API Error: /);
  });
}

const interruptedTurns = ["interrupted-tool", "interrupted-model"];
const byStop: [StopReason, Outcome["kind"]][] = [
  ["cancelled", "cancelled"],
  ["timed_out", "timed_out"],
  ["stalled", "timed_out"],
  ["interrupted", "interrupted"],
];
for (const name of interruptedTurns) {
  for (const [stop, kind] of byStop) {
    test(`the error result of ${name} after the stop "${stop}" is the outcome ${kind}`, () => {
      assert.equal(decideOutcome(factsOf(name, { stop })).kind, kind);
      assert.equal(decideOutcome(factsOf(name, { stop, ended: false })).kind, kind);
    });
  }
  test(`${name} without a stop of the server is a crash`, () => {
    assert.equal(decideOutcome(factsOf(name)).kind, "crashed");
  });
}

test("a success in the journal counts more than a later crash, reboot, stop or error", () => {
  assert.equal(decideOutcome(factsOf("success", { ended: false })).kind, "succeeded");
  assert.equal(decideOutcome(factsOf("success", { ended: false, rebooted: true })).kind, "succeeded");
  // Only a later turn that asks is parked.
  for (const stop of stopReasons.filter((each) => each !== "parked"))
    assert.equal(decideOutcome(factsOf("success", { stop })).kind, "succeeded");
  assert.equal(decideOutcome({ ...factsOf("success"), thrown: "write EPIPE" }).kind, "succeeded");
});

test("a requested cancel counts more than any other end of the turn", () => {
  for (const name of ["api-401", "usage-limit", "api-529", "max-turns", "budget", "aborted"]) {
    assert.equal(decideOutcome(factsOf(name, { stop: "cancelled" })).kind, "cancelled", name);
    assert.equal(decideOutcome(factsOf(name, { stop: "cancelled", ended: false })).kind, "cancelled", name);
  }
});

test("the turn's own error counts more than a time limit that ran out at its end", () => {
  assert.equal(decideOutcome(factsOf("budget", { stop: "timed_out" })).kind, "budget_exhausted");
  assert.equal(decideOutcome(factsOf("api-401", { stop: "interrupted" })).kind, "auth_failed");
});

test("a runner that died without a result crashed, or was lost with the machine", () => {
  assert.equal(decideOutcome(factsOf("tools", { ended: false, upTo: 4 })).kind, "crashed");
  assert.equal(decideOutcome(factsOf("tools", { ended: false, upTo: 4, rebooted: true })).kind, "lost");
  assert.equal(decideOutcome(factsFrom([], { stopRequested: null, rebooted: false })).kind, "crashed");
});

test("a usage limit that was seen counts even when the runner died before the result", () => {
  const outcome = decideOutcome(factsOf("usage-limit", { ended: false, upTo: 2 }));
  assert.equal(outcome.kind, "rate_limited");
  assert.equal(outcome.resetsAt, Date.UTC(2030, 0, 1, 15));
});

test("a sign-in that the runner gave up is auth_failed, in the runner's words", () => {
  const note = { type: "worker", subtype: "gave_up", error: "authentication_failed", text: "Refused 3 times (HTTP 401)." } as const;
  const events = eventsFromRecord({ ...note, _n: 3, _attempt: 1, _at: "2026-01-01T00:00:00.000Z" });
  const facts = factsFrom(events, { stopRequested: null, rebooted: false });
  assert.deepEqual(decideOutcome({ ...facts, ended: true, thrown: "Claude Code process terminated by signal SIGTERM" }), {
    kind: "auth_failed",
    message: "Claude's API refused the sign-in or the account: Refused 3 times (HTTP 401).",
  });
});

test("a turn that was recovered from the session is a success of unknown price", () => {
  const recovered = { type: "result", subtype: "success", is_error: false, result: "Done.", num_turns: 2, _recovered: true };
  const events = eventsFromRecord({ ...recovered, _n: 3, _attempt: 1, _at: "2026-01-01T00:00:00.000Z" });
  const facts = factsFrom(events, { stopRequested: null, rebooted: false });
  assert.equal(facts.result?.costUsd, null);
  assert.equal(decideOutcome(facts).kind, "succeeded");
});

test("a limit that was lifted and an API error that was survived decide nothing", () => {
  const limit = event("rate_limit", { status: "rejected", limit: "five_hour" });
  const allowed = event("rate_limit", { status: "allowed" });
  const error = notice("api_error", { error: "overloaded" });
  const facts = factsFrom([limit, error, allowed], { stopRequested: null, rebooted: false });
  assert.equal(facts.limit, null);
  assert.equal(decideOutcome({ ...facts, result: resultOf({}) }).kind, "succeeded");
});

test("an API error of a subagent says nothing of the task's own turn", () => {
  const error = notice("api_error", { error: "authentication_failed", parent_tool_use_id: "toolu_1" });
  assert.equal(factsFrom([error], { stopRequested: null, rebooted: false }).apiError, null);
});

test("a start that Claude Code refused without a sign-in is auth_failed", () => {
  const data = {
    subtype: "error_during_execution",
    is_error: true,
    text: "Sign in again.",
    startup_failure: "gateway_signin_required",
  };
  const facts = factsFrom([event("result", data)], { stopRequested: null, rebooted: false });
  assert.equal(decideOutcome(facts).kind, "auth_failed");
});

test("a stop counts when only the attempt's row or only the closing record knows it", () => {
  const closing = { type: "attempt_ended", data: { thrown: null, stop_requested: "timed_out" } } as const;
  assert.equal(factsFrom([], { stopRequested: "cancelled", rebooted: false }).stopRequested, "cancelled");
  assert.equal(factsFrom([closing], { stopRequested: null, rebooted: false }).stopRequested, "timed_out");
  assert.equal(factsFrom([closing], { stopRequested: "cancelled", rebooted: false }).stopRequested, "cancelled");
});
