/** Makes the views of verify commands from their stored runs. */
import type { VerificationView } from "../../contract/views/task.ts";
import type { VerifyCommand } from "../../domain/verification/verify-command.ts";
import type { Verification } from "../../domain/verification/verification.ts";
import { rfc3339 } from "../tasks/times.ts";

/**
 * @param runs of the task, oldest first. @param kept the attempt whose files stand; null: the last
 * one's do.
 */
export function verificationViews(
  checks: readonly VerifyCommand[],
  runs: readonly Verification[],
  kept: number | null = null,
): VerificationView[] {
  return checks.map((check) => {
    const own = runs.filter(({ name }) => name === check.name);
    const before = own.findLast(({ isBaseline }) => isBaseline);
    const baseline = before === undefined ? null : { state: before.state, exit_code: before.exitCode };
    return {
      ...viewOf(
        check,
        own.filter(({ isBaseline }) => !isBaseline),
        kept,
      ),
      baseline,
    };
  });
}

function viewOf({ name, command }: VerifyCommand, runs: readonly Verification[], kept: number | null): Omit<VerificationView, "baseline"> {
  const last = runs.findLast(({ attemptId }) => attemptId === kept) ?? runs.at(-1);
  if (last === undefined) {
    const unknown = { exit_code: null, reason: null, output_tail: "", tree: null, started_at: null, took_ms: null };
    return { name, command, state: "pending", passed: false, tries: 0, stale: false, ...unknown };
  }
  const { state, exitCode, reason, outputTail, tree, startedAt, tookMs, isStale } = last;
  return {
    name,
    command,
    state,
    passed: state === "passed" && !isStale,
    exit_code: exitCode,
    reason,
    tries: runs.filter((run) => !run.isStale && (run.state === "passed" || run.state === "failed")).length,
    output_tail: outputTail,
    tree,
    stale: isStale,
    started_at: rfc3339(startedAt),
    took_ms: tookMs,
  };
}
