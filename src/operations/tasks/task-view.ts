/**
 * Makes the views of tasks from the store's rows: snake_case, RFC 3339 times, and the reason why a
 * task waits.
 */
import { rawLogPath, summaryLogPath } from "../../config/paths.ts";
import type { Paths } from "../../config/paths.ts";
import type { AttemptView } from "../../contract/views/attempt.ts";
import type { EventView } from "../../contract/views/event.ts";
import type { HoldView } from "../../contract/views/hold.ts";
import type { TaskSummaryView, TaskView, WaitingForView } from "../../contract/views/task.ts";
import { waitingFor } from "../../domain/order/admission.ts";
import type { AdmissionContext } from "../../domain/order/admission.ts";
import type { TaskEvent } from "../../domain/events/event.ts";
import { eventSummary } from "../../domain/events/event-summary.ts";
import type { AttentionKind } from "../../domain/attempt/attention.ts";
import type { HeldDependency } from "../../domain/order/dependency.ts";
import type { Hold } from "../../domain/order/hold.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Attempt, Task } from "../../domain/task/task.ts";
import type { Verification } from "../../domain/verification/verification.ts";
import { checksOf } from "../../domain/verification/checks.ts";
import { isLoop } from "../../domain/verification/loop.ts";
import type { Iteration } from "../../domain/verification/loop.ts";
import { iterationViews, loopView } from "../verification/loop-view.ts";
import { verificationViews } from "../verification/verification-view.ts";
import type { ModelUsage } from "../../domain/task/model-usage.ts";
import { shownOptions } from "../../domain/task/option-values.ts";
import type { Fork } from "../../store/sqlite/forks.ts";
import type { Rewind } from "../../store/sqlite/rewinds.ts";
import type { IterationScore } from "../../store/sqlite/iterations.ts";
import type { TaskRow } from "../../store/store.ts";
import type { Question } from "../../domain/questions/question.ts";
import { workTime } from "../../domain/questions/work-time.ts";
import { questionText } from "../../domain/questions/offered-options.ts";
import { questionView } from "../questions/question-view.ts";
import { messageView } from "../messages/message-view.ts";
import type { Message } from "../../domain/messages/message.ts";
import { workspaceView } from "../workspaces/workspace-view.ts";
import type { Apply } from "../../domain/workspace/apply.ts";
import type { Workspace } from "../../domain/workspace/workspace.ts";
import { rfc3339, rfc3339OrNull } from "./times.ts";

export function taskSummaryView(task: TaskRow, waiting: WaitingContext): TaskSummaryView {
  const started = task.openAttemptId === null ? null : waiting.startOf(task.openAttemptId);
  const work = started === null ? null : workTime(started, waiting.questions(task.id), task.status === "waiting");
  const workspace = waiting.workspaceOf(task.id);
  const open = task.status === "waiting" ? waiting.openQuestions(task.id) : [];
  return {
    id: task.id,
    name: task.name,
    title: task.title,
    status: task.status,
    phase: task.status === "running" ? phaseOf(task, workspace, waiting) : null,
    verified: isVerified(task),
    loop: loopView(task, waiting.iterationScores),
    waiting_for: task.status === "waiting" ? waitingForAnswer(open) : waitingForView(task, waiting),
    asked_at: rfc3339OrNull(open[0]?.askedAt ?? null),
    working_directory: task.workingDirectory,
    workspace: workspace === null ? null : workspaceView(workspace, workspace.kind === "worktree" ? waiting.appliedOf(task.id) : null),
    model: task.model,
    group: task.group,
    priority: task.priority,
    labels: { ...task.labels },
    attempts: task.attemptCount,
    session_id: task.sessionId,
    session_model: task.sessionModel,
    last_action: task.lastAction,
    error:
      task.error === null
        ? null
        : {
            code: task.error.code,
            message: task.error.message,
            retryable: task.error.retryable ?? false,
            ...(task.error.apiStatus === undefined ? {} : { api_status: task.error.apiStatus }),
          },
    attention: [...(task.attention ?? [])],
    cost_usd: task.costUsd,
    tokens: tokensOf(task.usage),
    num_turns: task.numTurns,
    duration_ms: task.durationMs,
    worked_ms: work === null ? task.durationMs : (task.durationMs ?? 0) + work.workedMs,
    working_since: rfc3339OrNull(work?.since ?? null),
    cancel_requested: task.cancelRequestedAt !== null,
    last_event: task.lastSeq,
    created_at: rfc3339(task.createdAt),
    started_at: rfc3339OrNull(task.startedAt),
    attempt_started_at: rfc3339OrNull(task.status === "running" ? started : null),
    ended_at: rfc3339OrNull(task.endedAt),
    updated_at: rfc3339(task.updatedAt),
  };
}

export function taskView(task: Task, waiting: WaitingContext, paths: Paths): TaskView {
  const fork = waiting.forkOf(task.id);
  return {
    ...taskSummaryView(task, waiting),
    prompt: task.prompt,
    rendered_prompt: waiting.renderedPrompt(task.id),
    questions: waiting
      .questions(task.id)
      .slice(-shownQuestions)
      .map((question) => questionView(question, task)),
    verification: verificationOf(task, waiting),
    iterations: isLoop(task) ? iterationViews(task, waiting.iterations(task.id)).slice(-shownIterations) : [],
    messages: waiting.messages(task.id).slice(-shownMessages).map(messageView),
    ...shownOptions(task),
    profile_asked: task.profileAsked,
    result: task.result,
    structured_result: task.structuredResult,
    usage: task.usage === null ? null : Object.fromEntries(Object.entries(task.usage).map(([model, usage]) => [model, usageView(usage)])),
    logs: { raw: rawLogPath(paths, task.id), summary: summaryLogPath(paths, task.id) },
    forked_from: fork?.fromTask ?? null,
    forked_at: fork?.turn ?? null,
    rewound: rewindView(task.sessionId === null ? null : waiting.rewindOf(task.sessionId)),
    forks: waiting.forks(task.id).slice(),
    depends_on: waiting.dependencies(task.id).map((each) => ({ ...each })),
    dependents: waiting.dependents(task.id).slice(),
    not_before: task.notBeforeReason === "schedule" ? rfc3339OrNull(task.notBefore) : null,
    stashed_at: rfc3339OrNull(task.stashedAt),
    moved: task.status === "pending" ? task.moved : null,
    workflow: waiting.workflowOf(task.id),
    schedule: waiting.scheduleOf(task.id),
    parent_id: task.parentId,
    depth: task.depth,
  };
}

export function attemptView(attempt: Attempt): AttemptView {
  return {
    id: attempt.id,
    number: attempt.number,
    runner_id: attempt.runnerId,
    session_id: attempt.sessionId,
    resumed: attempt.resume,
    warm: attempt.warm,
    pid: attempt.pid,
    started_at: rfc3339(attempt.startedAt),
    ended_at: rfc3339OrNull(attempt.endedAt),
    outcome: attempt.outcome === null ? null : { ...attempt.outcome },
  };
}

export function eventView(event: TaskEvent): EventView {
  const { id, taskId, seq, attemptId, at, summary: _lines, ...body } = event;
  return { id, task_id: taskId, seq, attempt_id: attemptId, ...body, at: rfc3339(at), summary: eventSummary(event) };
}

/** @param profiles those whose account it is about; null: it is about every task. */
export function holdView(hold: Hold, tasksWaiting: number, profiles: readonly string[] | null): HoldView {
  return {
    kind: hold.kind,
    message: hold.message,
    since: rfc3339(hold.since),
    until: rfc3339OrNull(hold.until),
    profiles: profiles === null ? null : [...profiles],
    tasks_waiting: tasksWaiting,
  };
}

/** What the reason of a waiting task depends on. */
export interface WaitingContext extends AdmissionContext {
  /** Why the task's caller lacks the rights to let it run now; null: it has them. */
  rightsRefusal(task: TaskRow): string | null;
  /** Why this task's client may not run one more task; null: it may. */
  agentLimit(taskId: number): string | null;
  /** Its open questions, oldest first. */
  openQuestions(taskId: number): readonly Question[];
  /** All of its questions, oldest first. */
  questions(taskId: number): readonly Question[];
  /** What was said to it, oldest first. */
  messages(taskId: number): readonly Message[];
  /** Where its files are; null: not known. */
  workspaceOf(taskId: number): Workspace | null;
  /** Where its work was applied last; null: it was not. */
  appliedOf(taskId: number): Apply | null;
  /** The name of the verify command that runs now; null: none does. */
  verifying(taskId: number): string | null;
  /** Every run of its verify commands, oldest first. */
  verifications(taskId: number): readonly Verification[];
  /** Every iteration of its loop, oldest first. */
  iterations(taskId: number): readonly Iteration[];
  /** Those that count, without their texts. Cheap. */
  iterationScores(taskId: number): readonly IterationScore[];
  /** Which conversation it began with; null: it is not a fork. */
  forkOf(taskId: number): Pick<Fork, "fromTask" | "turn"> | null;
  /** The rewind that a session began with; null: it began with none. */
  rewindOf(sessionId: string): Rewind | null;
  /** The tasks that began with its conversation. */
  forks(taskId: number): readonly number[];
  /** The schedule that submitted it; null: none did, or it was removed. */
  scheduleOf(taskId: number): TaskView["schedule"];
  /** What it runs after. */
  dependencies(taskId: number): readonly HeldDependency[];
  /** The tasks that run after it. */
  dependents(taskId: number): readonly number[];
  /** The run that it belongs to, and its key there; null: it belongs to none. */
  workflowOf(taskId: number): TaskView["workflow"];
  /** Its prompt as it was filled in; null: it has not begun, or there is nothing to fill in. */
  renderedPrompt(taskId: number): string | null;
  /** When this attempt started (UTC ms); null: there is no such attempt. */
  startOf(attemptId: number): number | null;
  /**
   * How the task's last try ended, as sentences; null: there was none. Called only for tasks that
   * wait for their next try.
   */
  lastTry(taskId: number): string | null;
}

/** Most tasks have no commands: then the store is not asked. */
function verificationOf(task: Task, waiting: WaitingContext): TaskView["verification"] {
  const checks = checksOf(task);
  return checks.length === 0 ? [] : verificationViews(checks, waiting.verifications(task.id), keptAttempt(task, waiting));
}

/** The attempt whose iteration's files stand; null: those of the last one do. */
function keptAttempt(task: Task, waiting: WaitingContext): number | null {
  return isLoop(task) ? (waiting.iterationScores(task.id).find(({ isKept }) => isKept)?.attemptId ?? null) : null;
}

function phaseOf(task: TaskRow, workspace: Workspace | null, waiting: WaitingContext): TaskSummaryView["phase"] {
  if (workspace?.setup?.state === "running") return "setting_up";
  return checksOf(task).length > 0 && waiting.verifying(task.id) !== null ? "verifying" : "working";
}

/** What says that the files which stand are not those that were verified. */
const unproven: ReadonlySet<string> = new Set<AttentionKind>(["changed_since_verified", "best_not_kept"]);

/** A task with checks completes only when they have passed. Files may have changed since. */
function isVerified(task: TaskRow): boolean | null {
  if (!isTerminal(task.status) || checksOf(task).length === 0) return null;
  return task.status === "completed" && task.attention?.some(({ kind }) => unproven.has(kind)) !== true;
}

/** So many questions of one task are shown, the newest ones. */
const shownQuestions = 200;
/** So many iterations of one task are shown, the newest ones. */
const shownIterations = 200;
/** So many messages of one task are shown, the newest ones. */
const shownMessages = 200;

function rewindView(rewind: Rewind | null): TaskView["rewound"] {
  if (rewind === null) return null;
  return { turn: rewind.turn, was_turn: rewind.wasTurn, left_session_id: rewind.leftSession, at: rfc3339(rewind.at) };
}

/** @param open oldest first. */
function waitingForAnswer(open: readonly Question[]): WaitingForView {
  const [first, ...more] = open;
  if (first === undefined)
    return { reason: "capacity", message: "It has its answer, and continues when a slot is free.", blocker: null, until: null };
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  return {
    reason: "answer",
    message: `q${first.id} ${questionText(first)}${others}`,
    blocker: `question:q${first.id}`,
    until: rfc3339OrNull(first.deadline),
  };
}

function waitingForView(task: TaskRow, waiting: WaitingContext): WaitingForView | null {
  if (task.status !== "pending") return null;
  const refusal = waiting.rightsRefusal(task);
  if (refusal !== null) return { reason: "rights", message: refusal, blocker: null, until: null };
  const reason = waitingFor(task, waiting);
  if (reason !== null) {
    const lastTry = reason.reason === "retry" ? waiting.lastTry(task.id) : null;
    const message = lastTry === null ? reason.message : `${reason.message} ${lastTry}`;
    return { ...reason, message, until: rfc3339OrNull(reason.until) };
  }
  return { reason: "capacity", message: waiting.agentLimit(task.id) ?? "starts now", blocker: null, until: null };
}

function tokensOf(usage: Task["usage"]): TaskSummaryView["tokens"] {
  if (usage === null) return null;
  const sum = (field: keyof ModelUsage): number => Object.values(usage).reduce((total, model) => total + model[field], 0);
  return {
    input: sum("inputTokens"),
    output: sum("outputTokens"),
    cache_read: sum("cacheReadInputTokens"),
    cache_creation: sum("cacheCreationInputTokens"),
  };
}

function usageView(usage: ModelUsage): NonNullable<TaskView["usage"]>[string] {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_creation_input_tokens: usage.cacheCreationInputTokens,
    cost_usd: usage.costUsd,
  };
}
