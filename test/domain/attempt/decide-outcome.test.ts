import assert from "node:assert/strict";
import { test } from "node:test";
import { noFacts, resultOf } from "../../../testing/attempt-end.ts";
import * as fc from "fast-check";
import { factEventTypes, factsFrom } from "../../../src/domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../../../src/domain/attempt/decide-outcome.ts";
import { eventsFromRecord } from "../../../src/domain/events/events-from-record.ts";
import { readEvent } from "../../../src/domain/events/read-event.ts";
import type { AttemptFacts, Outcome, ResultFacts } from "../../../src/domain/attempt/outcome.ts";
import { outcomeKinds } from "../../../src/domain/attempt/outcome.ts";
import { stopReasons } from "../../../src/domain/attempt/stop-reason.ts";
import type { StopReason } from "../../../src/domain/attempt/stop-reason.ts";
import { sample } from "../samples/sample.ts";
import { event, notice } from "../../../testing/events.ts";

/** The facts as the store would give them: from the events of these types only. */
function factsOf(name: string, { stop = null as StopReason | null, ended = true, rebooted = false, upTo = Infinity } = {}): AttemptFacts {
  const { messages, ended: closing } = sample(name);
  const records = [...messages.slice(0, upTo), ...(ended ? [closing(stop ?? undefined)] : [])];
  const types: readonly string[] = factEventTypes;
  const events = records.flatMap((record) => eventsFromRecord(record)).filter(({ type }) => types.includes(type));
  return factsFrom(events, { stopRequested: stop, rebooted });
}

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
  for (const stop of stopReasons) assert.equal(decideOutcome(factsOf("success", { stop })).kind, "succeeded");
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

test("times of a subagent's report add up; other facts are those of the last result", () => {
  const { result } = factsOf("subagent");
  assert.equal(result?.durationMs, 2000);
  assert.equal(result?.costUsd, 0.05);
  assert.deepEqual(result?.usage["claude-opus-5-5"], {
    inputTokens: 10_000,
    outputTokens: 500,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    costUsd: 0.05,
  });
});

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
    { kind: "agent_failed", message: "The answer never met the schema that was asked for." },
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
  calledModel: fc.boolean(),
  durationMs: fc.nat(),
  costUsd: fc.double({ noNaN: true, min: 0 }),
  usage: fc.constant({}),
  permissionDenials: fc.nat(),
});
const anyFacts: fc.Arbitrary<AttemptFacts> = fc.record({
  result: fc.option(anyResult),
  limit: fc.option(fc.record({ type: fc.string(), resetsAt: fc.option(fc.integer()) })),
  apiError: fc.option(fc.oneof(fc.string(), fc.constantFrom("authentication_failed", "rate_limit", "overloaded", "toString"))),
  apiErrorText: fc.option(fc.string()),
  thrown: fc.option(fc.string()),
  sessionLost: fc.option(fc.constantFrom("ENOSPC", "EDQUOT")),
  background: fc.constantFrom([], [{ id: "b1", type: "local_bash", description: "npm test" }]),
  notified: fc.boolean(),
  cut: fc.constantFrom([], ["npm test"]),
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

test("facts are read from arbitrary events without an error", () => {
  const anyEvent = fc.record({
    type: fc.constantFrom(...factEventTypes),
    data: fc.dictionary(fc.string(), fc.jsonValue()),
  });
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const read = events.map(({ type, data }) => readEvent(type, data));
      decideOutcome(factsFrom(read, { stopRequested: null, rebooted: false }));
    }),
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

const waits: Partial<AttemptFacts> = {
  result: resultOf({ text: "waiting" }),
  background: [{ id: "b1", type: "local_bash", description: "npm test" }],
};
for (const [what, facts, kind] of [
  ["the runner died", { ended: false }, "crashed"],
  ["Claude Code died", { thrown: "terminated by signal SIGKILL" }, "crashed"],
  ["the machine rebooted", { ended: false, rebooted: true }, "lost"],
  ["the server shut down", { stopRequested: "interrupted" }, "interrupted"],
  ["the time limit was over", { stopRequested: "timed_out" }, "timed_out"],
  ["it was cancelled", { stopRequested: "cancelled" }, "cancelled"],
  ["the runner cut it when its time was over", { cut: ["npm test"] }, "succeeded"],
  ["the time limit cut it", { cut: ["npm test"], stopRequested: "timed_out" }, "succeeded"],
] as const) {
  test(`a turn that ended while it waited for the background is ${kind} when ${what}`, () => {
    assert.equal(decideOutcome({ ...noFacts, ...waits, ...facts }).kind, kind);
  });
}

test("what was cut in the background, and what died there, is named", () => {
  assert.equal(
    decideOutcome({ ...noFacts, ...waits, cut: ["npm run dev"] }).message,
    "Claude finished the task: ended in the background: npm run dev.",
  );
  assert.match(decideOutcome({ ...noFacts, ...waits, ended: false }).message, /waited for work in the background: npm test\.$/);
});

test("background work is waited for until Claude has heard of its end", () => {
  const heard = { ...noFacts, result: resultOf({}), notified: true };
  assert.equal(decideOutcome(heard).kind, "succeeded");
  assert.equal(decideOutcome({ ...heard, ended: false }).kind, "crashed");
});

test("the background is what Claude Code listed last", () => {
  const background = (tasks: object[]) => notice("background", { tasks });
  const shell = { task_id: "b1", task_type: "local_bash", description: "npm test" };
  const report = notice("task_notification", { status: "completed" });
  const result = event("result", { subtype: "success", num_turns: 1 });
  const context = { stopRequested: null, rebooted: false };
  assert.equal(factsFrom([background([shell]), result], context).background.length, 1);
  assert.equal(factsFrom([background([shell]), result, background([])], context).background.length, 0);
  const stop = notice("stop_requested", { reason: "timed_out" });
  assert.equal(factsFrom([background([shell]), result, stop, background([])], context).background.length, 1, "ended by the stop");
  assert.equal(factsFrom([result, report], context).notified, true);
  assert.equal(factsFrom([result, report, result], context).notified, false);
});
