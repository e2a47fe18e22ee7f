/**
 * Decides how an attempt ended, in one place, from all facts about its end (attempt-facts.ts
 * collects them).
 */
import { nameOfBackground } from "./background.ts";
import { lookUp, meaningOfText, terminalReasons } from "../task/claude-words.ts";
import type { Meaning } from "../task/claude-words.ts";
import { hookTimedOut, startProblems } from "../events/record.ts";
import type { AttemptFacts, LimitFacts, Outcome, ResultFacts } from "./outcome.ts";
import { meaningOf, meaningWithoutResult, stopOf } from "./meaning-of-end.ts";
import type { StopReason } from "./stop-reason.ts";
import type { Verdict } from "../verification/verify-result.ts";
import { protectCheck } from "../verification/checks.ts";
import { endsText, outputOf } from "../verification/verify-texts.ts";

/**
 * Decides how the attempt ended. A hook that did not answer counts first. Then count, in this
 * order: what the agent finished and the task's commands verified, a person's cancel, a
 * verification that says no, the turn's own error, a stop by the server, a death. So a success in
 * the journal wins over a later crash. The process's exit code says nothing (SIGINT gives 0).
 */
export function decideOutcome(facts: AttemptFacts): Outcome {
  const { result } = facts;
  if (facts.apiError === hookTimedOut && facts.stopRequested !== "cancelled")
    return { kind: "hook_timed_out", message: facts.apiErrorText ?? "A hook did not answer in time." };
  const finished = result !== null && isFinished(result);
  // A turn with work in the background is finished when that work has ended or was ended on
  // purpose.
  const waiting = facts.cut.length === 0 && (facts.background.length > 0 || (facts.notified && !exitedByItself(facts)));
  // A message began another turn, or joined one that asks: the result is that of the turn before.
  const continues = (facts.continues || facts.stopRequested === "parked") && !exitedByItself(facts);
  const isOver = finished && !waiting && !continues && facts.sessionLost === null;
  if (isOver && result.isCommandAnswer && facts.continuesEnded && facts.stopRequested !== "cancelled")
    return { kind: "unchanged", message: "Claude Code answered what was said itself: the task is as it was before." };
  const hasEnded = isOver && result.calledModel && !result.isCommandAnswer;
  const isDone = hasEnded && result.answerProblem === null;
  if (isDone && (facts.verdict === null || facts.verdict.kind === "passed"))
    return { kind: "succeeded", message: successMessage(result, facts.cut) };
  if (facts.stopRequested === "cancelled") return stopped("cancelled");
  if (hasEnded && !isDone) return misfit(result.answerProblem);
  if (isDone && facts.verdict !== null) return unverified(facts.verdict, facts);
  if (facts.sessionLost !== null) return sessionLost(facts.sessionLost);
  if (finished && (!result.calledModel || result.isCommandAnswer) && facts.stopRequested === null) return noWork(result);
  if (result !== null && !finished && !wasAborted(result)) return failure(result, facts);
  if (facts.stopRequested !== null) return stopped(facts.stopRequested);
  if (finished && (waiting || continues))
    return { kind: facts.rebooted && !facts.ended ? "lost" : "crashed", message: waiting ? diedWaiting(facts) : diedInMessage };
  if (facts.limit !== null) return limitReached(facts.limit);
  const meaning = meaningWithoutResult(facts.apiError);
  if (meaning !== null) return described(meaning, facts.apiErrorText || (facts.apiError ?? ""), null);
  if (result !== null) return { kind: "crashed", message: sentence("Claude Code broke its turn off", facts.thrown ?? result.text) };
  return died(facts);
}

/** Ended as a turn should. An answer of Claude Code itself (a local command) names no reason. */
function isFinished(result: ResultFacts): boolean {
  if (result.subtype !== "success" || result.isError || stopOf(result) !== "finished") return false;
  return result.terminalReason === null || lookUp(terminalReasons, result.terminalReason) === "finished";
}

const answerAgain =
  "The logs show how it came to it. Retry it in the same conversation (--resume), from the beginning, or with another schema (--json-schema).";

function misfit(problem: string | null): Outcome {
  return {
    kind: "agent_failed",
    message: `${sentence("The answer does not fit the task's JSON Schema (--json-schema)", problem)} ${answerAgain}`,
  };
}

/** Whether an interrupt ended the turn. Such a turn says nothing about the agent's work. */
function wasAborted({ terminalReason }: ResultFacts): boolean {
  return terminalReason !== null && lookUp(terminalReasons, terminalReason) === "aborted";
}

function noWork({ text }: ResultFacts): Outcome {
  const what = sentence("Claude Code answered the prompt itself and did not call the model, so nothing was done", text);
  const isHook = /blocked by hook/.test(text);
  const advice = isHook ? "" : " A prompt that begins with a command of Claude Code (/login, /help) runs that: put a word before it.";
  return { kind: "no_work", message: `${what}${advice}` };
}

function sessionLost(error: string): Outcome {
  return { kind: "storage_full", message: `The disk is full (${error}): Claude Code could not save its session.` };
}

function exitedByItself({ ended, thrown, stopRequested }: AttemptFacts): boolean {
  return ended && thrown === null && stopRequested === null;
}

/**
 * The message of a success. A Stop hook that says `continue: false` runs after Claude's answer, so
 * the work is complete.
 */
function successMessage({ permissionDenials, terminalReason }: ResultFacts, cut: readonly string[]): string {
  const calls = permissionDenials === 1 ? "1 tool call was" : `${permissionDenials} tool calls were`;
  const denied = permissionDenials === 0 ? "" : `; ${calls} denied`;
  const byHook = terminalReason === "stop_hook_prevented" ? "; a Stop hook ended the turn" : "";
  return sentence(`Claude finished the task${denied}${byHook}`, cut.length === 0 ? null : `ended in the background: ${cut.join("; ")}`);
}

/** A finished turn is not a success before its verification is one. */
function unverified(verdict: Verdict, facts: AttemptFacts): Outcome {
  if (verdict.kind === "failed" || verdict.kind === "unavailable") return notPassed(verdict);
  if (facts.stopRequested !== null) return stopped(facts.stopRequested);
  if (facts.rebooted && !facts.ended) return { kind: "lost", message: "The machine rebooted while the work was verified." };
  return { kind: "verify_unavailable", message: sentence("The attempt died while the work was verified", facts.thrown) };
}

function notPassed({ kind, results }: Extract<Verdict, { results: object }>): Outcome {
  const output = outputOf(results);
  const more = output === "" ? {} : { output };
  const failure = results.some(({ name }) => name === protectCheck) ? "protected_files_changed" : "verification_failed";
  if (kind === "failed") return { kind: failure, message: endsText("The work did not pass its verification", results), ...more };
  return { kind: "verify_unavailable", message: endsText("The work could not be verified", results), ...more };
}

const diedInMessage = "The attempt died in the turn of a message.";

function diedWaiting({ background }: AttemptFacts): string {
  return sentence("The attempt died while Claude waited for work in the background", background.map(nameOfBackground).join("; ") || null);
}

const stopOutcomes: Record<StopReason, Outcome> = {
  cancelled: { kind: "cancelled", message: "Cancelled on request." },
  timed_out: { kind: "timed_out", message: "Stopped: the attempt ran longer than its time limit." },
  stalled: { kind: "timed_out", message: "Stopped: the attempt was silent for longer than its stall limit." },
  interrupted: {
    kind: "interrupted",
    message: "Interrupted by the server's shutdown; it continues when the server is back.",
  },
  parked: { kind: "parked", message: "Waits for an answer, without a process." },
};

function stopped(reason: StopReason): Outcome {
  return stopOutcomes[reason];
}

function failure(result: ResultFacts, facts: AttemptFacts): Outcome {
  const ownLimit = limitOfTask(result);
  if (ownLimit !== null) return ownLimit;
  const status = result.apiErrorStatus;
  const text = result.text || (facts.apiErrorText ?? facts.thrown ?? "");
  if (isFullDisk(text)) return { kind: "storage_full", message: sentence("The disk is full", text) };
  const meaning = meaningOf(result, facts);
  if (meaning?.kind === "rate_limited" && facts.limit !== null) return limitReached(facts.limit, status);
  if (meaning !== null && result.startupFailure !== null)
    return { ...described(meaning, text, status), startupFailure: result.startupFailure };
  if (meaning !== null) return described(meaningOfText(meaning, text), text || (facts.apiError ?? ""), status);
  return { kind: "agent_failed", message: sentence("Claude Code ended the turn with an error", text), ...statusOf(status) };
}

/** The end at a limit that the task set, or null. */
function limitOfTask(result: ResultFacts): Outcome | null {
  if (result.subtype === "error_max_budget_usd" || result.terminalReason === "budget_exhausted") {
    return {
      kind: "budget_exhausted",
      message: `Stopped at the task's budget after $${(result.costUsd ?? 0).toFixed(4)}. Retry it with a larger one (--max-budget-usd).`,
    };
  }
  if (result.subtype === "error_max_turns" || result.terminalReason === "max_turns") {
    return { kind: "agent_failed", message: "Stopped at the task's limit of turns. Retry it with more (--max-turns)." };
  }
  if (result.subtype === "error_max_structured_output_retries" || result.terminalReason === "structured_output_retry_exhausted") {
    return {
      kind: "agent_failed",
      message: `${sentence("No answer fitted the task's JSON Schema (--json-schema)", result.text)} ${answerAgain}`,
    };
  }
  return null;
}

function described({ kind, what, advice }: Meaning, detail: string, status: number | null): Outcome {
  const said = sentence(what, detail);
  return { kind, message: advice === undefined ? said : `${said} ${advice}`, ...statusOf(status) };
}

/** Whether a text of Claude Code or of the system reports a full disk. */
function isFullDisk(text: string): boolean {
  return /\bENOSPC\b|\bEDQUOT\b|no space left on device/i.test(text);
}

function limitReached(limit: LimitFacts, status: number | null = null): Outcome {
  const message = `The account's usage limit (${limit.type}) is reached.`;
  return {
    kind: "rate_limited",
    message,
    limit: limit.type,
    ...(limit.resetsAt === null ? {} : { resetsAt: limit.resetsAt }),
    ...statusOf(status),
  };
}

function died(facts: AttemptFacts): Outcome {
  if (facts.apiError === startProblems.noClaude)
    return { kind: "unavailable", message: sentence("Claude Code cannot be started", facts.apiErrorText) };
  if (facts.apiError === startProblems.noDirectory)
    return { kind: "environment_failed", message: facts.apiErrorText ?? "The working directory is gone." };
  if (facts.apiError === startProblems.worktreeLost)
    return { kind: "workspace_lost", message: facts.apiErrorText ?? "The task's worktree is gone." };
  if (facts.apiError === startProblems.noWorktree) return withoutWorktree(facts.apiErrorText ?? "");
  if (facts.apiError === startProblems.noSandbox)
    return {
      kind: "environment_failed",
      message: sentence("The task needs a sandbox (--sandbox on), and the machine has none", facts.apiErrorText),
    };
  if (facts.apiError === startProblems.untrusted)
    return { kind: "environment_failed", message: facts.apiErrorText ?? "The directory is not trusted." };
  if (facts.apiError === startProblems.setupFailed)
    return { kind: "setup_failed", message: facts.apiErrorText ?? "The task's worktree could not be set up." };
  if (facts.apiError === startProblems.noSession)
    return { kind: "environment_failed", message: facts.apiErrorText ?? "The conversation that it was forked from is gone." };
  if (facts.apiError === startProblems.noAgent)
    return { kind: "environment_failed", message: facts.apiErrorText ?? "The task's agent is not defined." };
  if (facts.thrown !== null && isFullDisk(facts.thrown))
    return { kind: "storage_full", message: sentence("The disk is full", facts.thrown) };
  if (facts.thrown !== null && isSessionInUse(facts.thrown))
    return { kind: "environment_failed", message: sentence("Another process uses the task's session", facts.thrown) };
  if (facts.apiError === startProblems.brokenSettings)
    return { kind: "broken_settings", message: facts.apiErrorText ?? "Settings of the directory are broken." };
  if (!facts.ended && facts.rebooted) return { kind: "lost", message: "The machine rebooted while the attempt ran." };
  if (!facts.begun)
    return { kind: "crashed", message: sentence("The attempt could not begin", facts.startProblem ?? "its runner was gone") };
  if (!facts.ended) return { kind: "crashed", message: "The runner died before the task was finished." };
  return { kind: "crashed", message: sentence("Claude Code ended without a result", facts.thrown) };
}

function withoutWorktree(problem: string): Outcome {
  const kind = isFullDisk(problem) || problem.startsWith("The disk is full") ? "storage_full" : "environment_failed";
  return { kind, message: sentence("The task's worktree could not be made", problem) };
}

/** Whether Claude Code's stderr says that another process uses the session. */
function isSessionInUse(text: string): boolean {
  return /\bsession\b.*\b(already in use|in use by|currently running as a background)\b/is.test(text);
}

function statusOf(status: number | null): { apiStatus?: number } {
  return status === null ? {} : { apiStatus: status };
}

/** `what: detail` with one full stop; the detail's first lines only. */
function sentence(what: string, detail: string | null): string {
  const text = (detail ?? "").trim().slice(0, 2000);
  if (text === "") return `${what}.`;
  return /[.!?…]$/.test(text) ? `${what}: ${text}` : `${what}: ${text}.`;
}
