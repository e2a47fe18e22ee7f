/**
 * Answers questions: stores the first answer that fits, and lets a parked task continue. The owner
 * of the attempt gives the answer to Claude.
 */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import { answerText } from "../../domain/questions/answer-text.ts";
import { checkedAnswer } from "../../domain/questions/check-answer.ts";
import type { GivenAnswer } from "../../domain/questions/check-answer.ts";
import { isOfContent } from "../../domain/questions/question.ts";
import type { Question } from "../../domain/questions/question.ts";
import type { Actor } from "../../domain/events/event.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import { callerText } from "../../domain/text/caller-text.ts";
import type { Store } from "../../store/store.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { doneBy } from "../rights/audit.ts";
import { giveConsent } from "./give-consent.ts";
import { requireRights, taskCallerOf } from "../rights/task-rights.ts";
import type { RightsContext } from "../rights/task-rights.ts";
import { rfc3339 } from "../tasks/times.ts";

/** @throws WorkerError not_found. */
export function requireQuestion(store: Store, id: number): Question {
  const question = store.questions.get(id);
  if (question === null) throw new WorkerError("not_found", `There is no question q${id}. See what waits: claude-worker inbox`);
  return question;
}

/**
 * Stores the answer of an open question.
 * @throws WorkerError not_found; conflict when it is not open any more, with the first answer;
 * unprocessable when the answer does not fit; forbidden, untrusted_directory: the caller may not
 * give it.
 */
export function answerQuestion(context: RightsContext, id: number, given: GivenAnswer, caller: Caller, now: number): Promise<Question> {
  return context.store.write(() => answerWithin(context, id, given, caller, now));
}

/** Like `answerQuestion`, inside a current write. */
export function answerWithin(context: RightsContext, id: number, given: GivenAnswer, caller: Caller, now: number): Question {
  const { store } = context;
  const question = requireQuestion(store, id);
  const task = store.tasks.get(question.taskId);
  if (task === null) throw new WorkerError("not_found", `The task of question q${id} was removed.`);
  requireMayAnswer(context, question, task, caller);
  requireOpen(question, task);
  const answer = checkedAnswer(question, given);
  if (answer.rule !== undefined) storeRule(context, { task, question, rule: answer.rule, caller, now });
  const answered = store.questions.answer(id, answer, caller.name, now);
  if (answered === null) throw notOpen(requireQuestion(store, id), task);
  noteAnswer(store, answered, doneBy(caller), now);
  return requireQuestion(store, id);
}

/** Inside `write`: the event of an answer, and the start of a parked task that waits no more. */
export function noteAnswer(store: Store, question: Question, actor: Actor, now: number): void {
  const { id, taskId, answer } = question;
  const rule = answer?.rule;
  const data = {
    ...actor,
    question: id,
    decision: answer?.decision ?? null,
    text: answerText(answer),
    ...(rule === undefined ? {} : { rule }),
  };
  store.events.append(taskId, null, [{ type: "question_answered", at: now, data }]);
  if (question.kind === "consent") return giveConsent(store, question, now);
  unpark(store, taskId, now);
}

/** Inside `write`: a parked task starts again once none of its questions is open. */
function unpark(store: Store, taskId: number, now: number): void {
  const task = store.tasks.row(taskId);
  if (task?.status !== "waiting" || task.openAttemptId !== null) return;
  const unapplied = store.questions.unapplied(taskId);
  if (unapplied.some(({ status, answer }) => status === "open" || answer === null)) return;
  store.tasks.transition(taskId, "unpark", now, { answeredAt: now });
}

/** @throws WorkerError forbidden, untrusted_directory. */
function requireMayAnswer(context: RightsContext, question: Question, task: Task, caller: Caller): void {
  if (question.kind === "consent") return requireOwner(question, caller);
  if (isAgent(caller)) {
    requireDelegated(context.store, task, caller);
    if (!isOfContent(question))
      throw new WorkerError(
        "forbidden",
        `q${question.id} asks for what no agent may give. Ask the user to answer it: claude-worker answer q${question.id}`,
      );
  }
  // Also for a question of content: what is answered is done, as with a message.
  requireRights(context, task, taskCallerOf(context.store, caller));
}

/** Money is spent for every task of the account. */
function requireOwner({ id }: Question, caller: Caller): void {
  if (caller.scope === "admin" && !isAgent(caller)) return;
  throw new WorkerError("forbidden", `Consent to paid usage needs the admin scope. Ask the server's owner: claude-worker answer q${id}`);
}

function storeRule(
  { store }: RightsContext,
  { task, question, rule, caller, now }: { task: Task; question: Question; rule: string; caller: Caller; now: number },
): void {
  if (caller.scope !== "admin" || isAgent(caller))
    throw new WorkerError("forbidden", "A rule for a directory needs the admin scope, as `trust add` does. Allow this one call only.");
  store.rules.add({ directory: task.workingDirectory, rule, since: now, questionId: question.id, madeBy: caller.name });
}

/**
 * @throws WorkerError conflict, with the first answer, or because the task is being cancelled and
 * would not use one.
 */
export function requireOpen(question: Question, task: Task): void {
  const { id, kind, status } = question;
  if (status !== "open") throw notOpen(question, task);
  if (kind !== "consent" && isBeingCancelled(task))
    throw new WorkerError("conflict", `q${id} needs no answer any more: task ${task.id} is being cancelled.`);
}

function isBeingCancelled({ cancelRequestedAt, status }: Task): boolean {
  return cancelRequestedAt !== null && !isTerminal(status);
}

function notOpen({ id, status, answer, answeredBy, answeredAt }: Question, task: Task): WorkerError {
  if (status === "superseded") {
    const ended = isTerminal(task.status) ? task.status : isBeingCancelled(task) ? "being cancelled" : null;
    const why = ended === null ? "its task continues without one" : `task ${task.id} is ${ended}`;
    return new WorkerError("conflict", `q${id} needs no answer any more: ${why}.`);
  }
  const when = answeredAt === null ? "" : ` at ${rfc3339(answeredAt)}`;
  const by =
    status === "expired"
      ? "The time for an answer is over"
      : `It was answered by ${answeredBy === null ? "a person" : callerText(answeredBy)}`;
  return new WorkerError("conflict", `q${id} is not open any more. ${by}${when}: ${answerText(answer)}`);
}
