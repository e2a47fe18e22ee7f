/**
 * Ends an attempt exactly once: decides the outcome from the stored events and writes everything
 * that follows from it in one commit.
 */
import { attentionEventTypes, attentionFrom } from "../domain/attempt/attention.ts";
import type { Attention } from "../domain/attempt/attention.ts";
import { endOf } from "../domain/attempt/attempt-end.ts";
import { factEventTypes, factsFrom } from "../domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../domain/attempt/decide-outcome.ts";
import { madeProgress, progressEventTypes } from "../domain/task/progress.ts";
import { stopsRunning } from "../domain/order/hold.ts";
import type { Hold } from "../domain/order/hold.ts";
import { concernsAccount } from "../domain/order/scope.ts";
import { callEventTypes, callUnderWay } from "../domain/attempt/setbacks.ts";
import { refusalOf } from "../domain/attempt/refusal.ts";
import { spentInAll } from "../domain/task/spending.ts";
import type { Spending } from "../domain/task/spending.ts";
import { sweptData } from "../domain/events/events-from-note.ts";
import type { SweptProcess } from "../domain/events/record.ts";
import { continuesTask } from "../domain/messages/continues-task.ts";
import { unansweredText } from "../domain/questions/default-answer.ts";
import type { Question } from "../domain/questions/question.ts";
import { workedMs } from "../domain/questions/work-time.ts";
import { defaultRetryPolicy } from "../domain/attempt/retry-policy.ts";
import { withDenied } from "../domain/attempt/denied-calls.ts";
import { afterOutcome, withNextStep } from "../domain/attempt/retry.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import { continued } from "../domain/task/begun-again.ts";
import { isTerminal } from "../domain/task/task.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import type { StopReason } from "../domain/attempt/stop-reason.ts";
import { withUndelivered } from "../domain/messages/undelivered.ts";
import { isFailedVerification } from "../domain/attempt/after-verification.ts";
import { checksOf } from "../domain/verification/checks.ts";
import type { Iteration } from "../domain/verification/loop.ts";
import { failpoint } from "../processes/failpoint.ts";
import type { Store } from "../store/store.ts";
import { moneyStop } from "./money-stops.ts";
import { endMessages, undeliveredOf } from "./message-records.ts";
import { keepOwn, keptEnd, loopAtEnd, neverKept, storeIteration } from "./loop-records.ts";
import { askRevoked } from "./question-records.ts";
import { failedBefore, sayFailure, sayScore } from "./say-failure.ts";
import { outdated } from "./outdated-checks.ts";
import { attemptsOfSession } from "./session-attempts.ts";

export interface FinaliseOptions {
  readonly store: Store;
  readonly attemptId: number;
  /** This machine's boot id now. */
  readonly bootId: string | null;
  /** Processes that the server had to end because the runner had died. */
  readonly swept: readonly SweptProcess[];
  /**
   * Why this server stops the attempt, which may not be stored yet (a full disk); null: it does not
   * stop the attempt.
   */
  readonly stopping: StopReason | null;
  /** Why the runner could not begin, where that is known. */
  readonly startProblem: string | null;
  readonly now: number;
  /** When this server saw the runner end, by the boot clock; null: it did not see the end. */
  readonly seenUp: number | null;
  /** The system's clock. `now` does not go back when that clock is set back. */
  readonly wall: number;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** Fingerprint of the account that tasks run with now. */
  readonly account: string;
  /** Refusals in a row after which a task fails. */
  readonly refusalTries: number;
}

/**
 * A second task that is refused in the same way within this time is evidence that the account is
 * refused.
 */
const evidenceMs = 600_000;

/**
 * Closes the attempt and changes its task, in a separate commit.
 * @returns the outcome, or null when the attempt is closed already or another server holds it.
 * @throws WorkerError from the store (`storage_full` …); then nothing has changed.
 */
export function finalise(options: FinaliseOptions): Promise<Outcome | null> {
  return options.store.write(() => finaliseWithin(options));
}

/** Like `finalise`, inside a current write: that write's commit ends the attempt. */
export function finaliseWithin(options: FinaliseOptions): Outcome | null {
  failpoint("finalise.before");
  const attempt = options.store.attempts.get(options.attemptId);
  if (attempt === null || attempt.endedAt !== null || attempt.epoch !== options.store.epoch) return null;
  const task = options.store.tasks.get(attempt.taskId);
  return task === null ? null : close(options, attempt, task);
}

function close(options: FinaliseOptions, attempt: Attempt, task: Task): Outcome | null {
  const { store, now, wall, random } = options;
  const facts = factsFrom(store.events.ofAttempt(attempt.id, factEventTypes), {
    stopRequested: attempt.stopRequested ?? options.stopping ?? (task.cancelRequestedAt === null ? null : "cancelled"),
    rebooted: attempt.bootId !== null && options.bootId !== null && attempt.bootId !== options.bootId,
    begun: attempt.lastRecord > 0,
    startProblem: options.startProblem,
    continuesEnded: task.earlierEnd !== null,
    continues: store.messages.open(task.id).some(({ status }) => status === "delivered"),
    verify: checksOf(task),
    failedBefore: failedBefore(store, task),
  });
  const kept = keptEnd(store, task, attempt);
  const decided = kept?.outcome ?? decideOutcome(facts);
  const account = attempt.account ?? options.account;
  const stops = (hold: Hold): boolean => stopsRunning(hold) && concernsAccount(hold.scope, account);
  const stoppedBy = decided.kind === "interrupted" ? store.holds.active().find(stops) : undefined;
  const unapplied = store.questions.unapplied(task.id);
  // As they are before this end changes them.
  const asked = store.questions.ofTask(task.id);
  const before = stoppedBy?.kind === "overage" ? "before paid overage" : "because the rest of the account's limits is kept free for you";
  const money = decided.kind === "interrupted" && stoppedBy === undefined ? moneyStop(store, task, now) : null;
  const stopped =
    stoppedBy !== undefined ? `Stopped between two steps, ${before}; it continues later.` : money && `Stopped between two steps. ${money}`;
  const outcome = stopped === null ? withoutAnswer(decided, unapplied) : { ...decided, message: stopped };
  const progressed = madeProgress(store.events.ofAttempt(attempt.id, progressEventTypes));
  const unbegun = unbegunInRow(store, attempt);
  // Already counted where the session reported its running total.
  const spent = facts.result === null || attempt.sessionSpent !== null ? {} : spentInAll(task, sessionBefore(store, attempt), facts.result);
  // The runner's closing record, where there is one, has the time of the end.
  const endedAt = endOf(attempt, { seenUp: facts.ended ? null : options.seenUp, now });
  const workedInAllMs = (task.durationMs ?? 0) + workedMs(attempt.startedAt, endedAt, asked);
  const loop = loopAtEnd(store, task, attempt, { outcome, endedAt, workedMs: workedInAllMs });
  const after = afterOutcome({
    outcome,
    loop: loop?.state ?? null,
    task: { ...task, ...spent },
    belowUsd: store.agentTasks.belowUsd(task.id),
    progressed,
    ranMs: endedAt - attempt.startedAt,
    death: {
      runnerLived: facts.ended,
      call: outcome.kind === "crashed" ? callUnderWay(store.events.ofAttempt(attempt.id, callEventTypes)) : null,
    },
    unbegun,
    account,
    wasRefusedElsewhere: (refusal) => store.tasks.wasRefusedElsewhere(refusal, task.id, evidenceSince(store, account, now)),
    isHeld: (hold) => store.holds.active().some(({ kind, scope }) => kind === hold.kind && scope === hold.scope),
    alone: store.tasks.counts().running <= 1 && store.tasks.startable(now, 1).length === 0,
    policy: { ...defaultRetryPolicy, refusalTries: options.refusalTries },
    now,
    wall,
    random,
  });
  if (!store.attempts.close(attempt.id, outcome, endedAt)) return null;
  if (options.swept.length > 0) {
    store.events.append(task.id, attempt.id, [{ type: "swept", at: endedAt, data: { ...sweptData(options.swept), by: "server" } }]);
  }
  if (loop?.iteration != null) storeIteration(store, loop.iteration, task);
  const completed = after.operation === "complete";
  // Claude has finished, whatever the verification says.
  const keepsResult = after.operation === "fail" && (isFailedVerification(outcome) || outcome.kind === "verify_unavailable");
  const isRequeued = after.operation === "requeue";
  if (loop !== null && !isRequeued) keepOwn(store, loop);
  const atBest = task.keeping === null || isRequeued ? null : (kept ?? { ...neverKept(store, task, outcome), iteration: null });
  if (atBest?.iteration != null) store.iterations.keep(task.id, atBest.iteration.number);
  const isAsBefore = outcome.kind === "unchanged" && task.earlierEnd !== null;
  const resumable = after.resumable && task.sessionId !== null;
  const isAgain = isRequeued && resumable;
  const isRevoked = isAgain && askRevoked(store, unapplied, now);
  const isParked = isRevoked || (isAgain && unapplied.some(({ status }) => status === "open"));
  // Only an attempt that continues the session can use the answers. A success needed them not.
  if (!isAgain) for (const { id } of unapplied) store.questions.supersede(id, completed);
  const attentionAfter = (): Pick<Task, "attention"> | null => {
    if (isAsBefore) return { attention: task.earlierEnd?.attention ?? null };
    if (!completed) return null;
    const verifiedIn = atBest?.iteration?.attemptId ?? store.iterations.scores(task.id).at(-1)?.attemptId ?? attempt.id;
    const more = [...outdated(store, { ...attempt, id: verifiedIn }), ...(atBest?.attention ?? [])];
    return { attention: attentionOf(store, attempt, more) };
  };
  const isUnverified = after.operation === "fail" && isFailedVerification(outcome);
  const reason = after.error === null || !isUnverified ? after.error : withDenied(after.error, task, attentionOf(store, attempt, []));
  const error = reason === null || atBest === null ? reason : { ...reason, message: `${reason.message} ${atBest.sentence}` };
  const undelivered = after.operation === "fail" ? undeliveredOf(store, { ...task, ...spent }, attempt.id) : [];
  const moved = store.tasks.transition(
    task.id,
    isParked ? "park" : after.operation,
    now,
    {
      notBefore: isParked ? null : after.notBefore,
      notBeforeReason: isParked ? null : after.notBeforeReason,
      answeredAt: isAgain && !isParked && unapplied.length > 0 ? now : null,
      resumable,
      // A new session begins under what was asked for.
      ...(isRequeued && !resumable && task.profileAsked !== null ? { profile: task.profileAsked, profileAsked: null } : {}),
      poisonCount: after.poisonCount,
      setbacks: after.setbacks,
      cutCall: after.cutCall,
      retriesSpent: task.retriesSpent + (after.spendsRetry ? 1 : 0),
      refusals: after.refusals,
      refusal: after.refusal,
      verifyFailures: after.verifyFailures,
      refusedAt: after.refusal === null ? null : refusalOf(outcome, account, wall) !== null ? now : task.refusedAt,
      keeping: after.keeping,
      error: isAsBefore || error === null ? error : withUndelivered(withNextStep(error, task), task, undelivered),
      ...attentionAfter(),
      ...(isRequeued ? {} : { earlierEnd: null }),
      // The answer of a message may need several attempts.
      ...(completed || keepsResult || isAsBefore || atBest !== null || after.keeping !== null || (isRequeued && task.earlierEnd !== null)
        ? {}
        : { result: null, structuredResult: null }),
      ...resultOf(atBest?.iteration ?? null),
      ...spent,
      durationMs: workedInAllMs,
    },
    endedAt,
  );
  store.verifications.stop(task.id, attempt.id);
  stopSetup(store, task.id);
  const ended = { outcome: outcome.kind, message: outcome.message, attempt: attempt.number };
  // No person has cancelled it now: it is as it was before.
  const over = moved === null || !isTerminal(moved.status) ? null : isAsBefore ? { ...moved, status: "completed" as const } : moved;
  const isFollowed = over !== null && continuesTask(over, store.messages.open(task.id), attempt.id);
  if (over !== null) {
    endMessages(store, over, endedAt);
    const handled = store.reviewComments.settle(over.id, over.status === "completed", endedAt);
    const said = handled.map((comment) => ({ type: "comment_handled" as const, at: endedAt, data: { comment } }));
    store.events.append(task.id, attempt.id, said);
  }
  if (over !== null && !isFollowed && !isUsedByOthers(store, task.id)) store.workspaces.move(task.id, ["ready"], "kept");
  // The runner may have said them before it died: they cannot be taken back any more.
  if (isFollowed || (isRequeued && task.status === "running")) store.messages.give(task.id, attempt.id);
  if (isRequeued && isFailedVerification(outcome) && !after.spendsRetry && after.keeping === null)
    sayFailure(store, { task, attempt, number: after.verifyFailures, loop: loop?.state ?? null, now });
  if (isRequeued && loop?.iteration != null && outcome.kind === "succeeded" && after.keeping === null)
    sayScore(store, { task, loop: loop.state, attempt, now });
  if (isFollowed && moved !== null) {
    store.verifications.outdate(task.id);
    store.iterations.outdate(task.id);
    store.messages.continueTask(task.id);
    store.tasks.transition(task.id, "follow_up", now, continued(moved));
  }
  if (isParked) {
    store.events.append(task.id, attempt.id, [{ type: "parked", at: endedAt, data: ended }]);
  } else if (isRequeued || isFollowed) {
    const notBefore = after.notBefore === null ? null : new Date(after.notBefore).toISOString();
    const data = { ...ended, not_before: notBefore, reason: after.notBeforeReason };
    store.events.append(task.id, attempt.id, [{ type: "requeued", at: endedAt, data }]);
  } else if (moved !== null && isTerminal(moved.status)) {
    store.events.append(task.id, attempt.id, [{ type: "ended", at: endedAt, data: { ...ended, status: moved.status } }]);
  }
  if (after.hold !== null) store.holds.put(after.hold, now);
  if (after.probe !== null) store.probes.ask(after.probe);
  if (outcome.kind === "succeeded" && kept === null) store.accounts.worked(account, now);
  return outcome;
}

/** What Claude said at the end of the iteration that stands. */
function resultOf(iteration: Iteration | null): Partial<Pick<Task, "result" | "structuredResult">> {
  return iteration === null ? {} : { result: iteration.result, structuredResult: iteration.structuredResult };
}

/** The end of an attempt that was stopped because a question has no answer in time. */
function withoutAnswer(outcome: Outcome, unapplied: readonly Question[]): Outcome {
  const late = unapplied.find(({ status, answer }) => status === "expired" && answer === null);
  if (late === undefined || outcome.kind === "succeeded" || outcome.kind === "cancelled") return outcome;
  return { kind: "unanswered", message: unansweredText(late) };
}

/**
 * What a person should check in the whole session: in this attempt and the earlier ones that it
 * resumed. Null: nothing.
 */
function attentionOf(store: Store, attempt: Attempt, more: readonly Attention[]): Attention[] | null {
  const events = attemptsOfSession(store, attempt).flatMap(({ id }) => store.events.ofAttempt(id, attentionEventTypes));
  const attention = [...attentionFrom(events), ...more];
  return attention.length === 0 ? null : attention;
}

/**
 * The time from which refusals count as evidence: earlier ones are too old, or the account has
 * worked since.
 */
function evidenceSince(store: Store, account: string, now: number): number {
  return Math.max(now - evidenceMs, store.accounts.get(account)?.workedAt ?? 0);
}

/** How many of the task's attempts in a row, up to this one, never wrote a record. */
function unbegunInRow(store: Store, attempt: Attempt): number {
  if (attempt.lastRecord > 0) return 0;
  const earlier = store.attempts.ofTask(attempt.taskId).filter(({ number }) => number < attempt.number);
  const sinceBegun = earlier.toReversed().findIndex(({ lastRecord }) => lastRecord > 0);
  return 1 + (sinceBegun === -1 ? earlier.length : sinceBegun);
}

/** The last reported spending of the resumed session's earlier attempts. */
function sessionBefore(store: Store, attempt: Attempt): Spending | null {
  if (!attempt.resume) return null;
  const earlier = store.attempts
    .ofTask(attempt.taskId)
    .filter(({ number, sessionId }) => number < attempt.number && sessionId === attempt.sessionId);
  for (const { id } of earlier.toReversed()) {
    const { result } = factsFrom(store.events.ofAttempt(id, ["result"]), { stopRequested: null, rebooted: false });
    if (result?.costUsd != null) return result;
  }
  return null;
}

/** Whether tasks that have not ended share the task's worktree. */
function isUsedByOthers({ workspaces, tasks }: Store, taskId: number): boolean {
  return workspaces.sharing(taskId).some((id) => {
    const row = id === taskId ? null : tasks.row(id);
    return row !== null && !isTerminal(row.status);
  });
}

/** A set-up that its attempt did not see to its end. The next attempt does it again. */
function stopSetup({ workspaces }: Store, taskId: number): void {
  const known = workspaces.get(taskId);
  if (known?.setup?.state !== "running") return;
  workspaces.put({ ...known, setup: { ...known.setup, state: "stopped", reason: "its attempt ended before it" } });
}
