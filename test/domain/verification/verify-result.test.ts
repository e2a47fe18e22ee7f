import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictOf, verifyEnd } from "../../../src/domain/verification/verify-result.ts";
import type { ProcessEnd, VerifyResult, VerifyState } from "../../../src/domain/verification/verify-result.ts";

const end: ProcessEnd = { exitCode: 0, signal: null, isTimedOut: false, isStopped: false, startProblem: null };

test("an exit code is the work's, unless it says that nothing ran", () => {
  const ends: [change: Partial<ProcessEnd>, state: VerifyState, exitCode: number | null, reason: RegExp | null][] = [
    [{}, "passed", 0, null],
    [{ exitCode: 1 }, "failed", 1, null],
    [{ exitCode: 255 }, "failed", 255, null],
    [{ exitCode: 127 }, "unavailable", 127, /was not found/],
    [{ exitCode: 126 }, "unavailable", 126, /cannot be executed/],
    [{ exitCode: null, signal: "SIGSEGV" }, "failed", null, /SIGSEGV/],
    [{ exitCode: null, signal: "SIGTERM", isTimedOut: true }, "unavailable", null, /did not end within 10 m/],
    [{ exitCode: 0, isTimedOut: true }, "unavailable", null, /did not end within 10 m/],
    [{ exitCode: null, startProblem: "the shell could not be started (EAGAIN)" }, "unavailable", null, /EAGAIN/],
    [{ exitCode: 1, isStopped: true }, "stopped", null, /stopped with its attempt/],
  ];
  for (const [change, state, exitCode, reason] of ends) {
    const result = verifyEnd({ ...end, ...change }, "10 m");
    assert.deepEqual([result.state, result.exitCode], [state, exitCode], JSON.stringify(change));
    if (reason === null) assert.equal(result.reason, null);
    else assert.match(result.reason ?? "", reason);
  }
});

const commands = [
  { name: "test", command: "npm test" },
  { name: "lint", command: "npm run lint" },
];

function result(name: string, state: VerifyState): VerifyResult {
  return { name, command: "x", state, exitCode: null, reason: null, output: "" };
}

test("commands pass together, and one that did not run leaves it open", () => {
  const verdicts: [results: VerifyResult[], kind: string][] = [
    [[], "open"],
    [[result("test", "passed")], "open"],
    [[result("test", "passed"), result("lint", "stopped")], "open"],
    [[result("test", "failed"), result("lint", "stopped")], "open"],
    [[result("test", "passed"), result("lint", "passed")], "passed"],
    [[result("test", "passed"), result("lint", "failed")], "failed"],
    [[result("test", "failed"), result("lint", "unavailable")], "failed"],
    [[result("test", "passed"), result("lint", "unavailable")], "unavailable"],
    [[result("test", "failed"), result("lint", "passed"), result("test", "passed")], "passed"],
    [[result("other", "failed"), result("test", "passed"), result("lint", "passed")], "passed"],
  ];
  for (const [results, kind] of verdicts) assert.equal(verdictOf(commands, results).kind, kind, JSON.stringify(results));
});
