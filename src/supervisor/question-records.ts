/**
 * Stores what the journal says about questions: that one is asked, that Claude Code waits no more,
 * and that an answer has had its effect. Works inside of the ingest's write.
 */
import { deadlineOf } from "../domain/questions/policy.ts";
import { askedEvent } from "../domain/questions/asked-event.ts";
import type { AskedQuestion, Question } from "../domain/questions/question.ts";
import { readAskedQuestion } from "../domain/questions/read-question.ts";
import type { JournalRecord } from "../domain/events/record.ts";
import type { Attempt } from "../domain/task/task.ts";
import { arrayOf, objectOf } from "../domain/text/read-json.ts";
import type { Store } from "../store/store.ts";

export class QuestionRecords {
  readonly #store: Store;
  readonly #attempt: Attempt;
  /** Spares tasks without questions a query at each record. */
  #areThere: boolean;

  constructor(store: Store, attempt: Attempt) {
    this.#store = store;
    this.#attempt = attempt;
    this.#areThere = store.questions.unapplied(attempt.taskId).length > 0;
  }

  get areThere(): boolean {
    return this.#areThere;
  }

  take(record: JournalRecord): void {
    const now = Date.parse(record._at);
    if (record.type === "worker") this.#takeNote(record, now);
    else if (record.type === "user" && this.#areThere) this.#takeResults(record, now);
  }

  #takeNote(note: JournalRecord, now: number): void {
    if (note.subtype === "question_asked") this.#ask(readAskedQuestion(note["question"]), now);
    else if (note.subtype === "question_withdrawn") this.#withdraw(String(note["key"]), now);
    else if (note.subtype === "question_settled") this.#settle(String(note["key"]), now);
    else if (note.subtype === "question_answered") this.#applyWithoutCall(String(note["key"]), now);
  }

  #ask(asked: AskedQuestion | null, now: number): void {
    const { id: attemptId, taskId } = this.#attempt;
    const { questions, tasks, messages } = this.#store;
    const task = tasks.row(taskId);
    if (task === null || asked === null) return;
    this.#areThere = true;
    const isKnown = questions.find(taskId, asked.key) !== null;
    const question = questions.ask(taskId, attemptId, asked, { askedAt: now, deadline: deadlineOf(task, now) });
    // Claude Code has what came while the task ran, and takes it after the answer.
    if (question.status === "open" && tasks.transition(taskId, "ask", now) !== null) messages.passed(taskId, attemptId);
    if (isKnown) return;
    noteAsked(this.#store, question, attemptId, now);
  }

  #withdraw(key: string, now: number): void {
    const question = this.#store.questions.find(this.#attempt.taskId, key);
    if (question !== null) this.#supersede(question.id, now);
  }

  /** Claude Code continues without the answer. */
  #supersede(id: number, now: number): void {
    const { taskId } = this.#attempt;
    const { questions, tasks } = this.#store;
    questions.supersede(id, true);
    if (!questions.unapplied(taskId).some(({ status }) => status === "open")) tasks.transition(taskId, "proceed", now);
  }

  /** A question without a call that can end it ends when Claude Code has its answer. */
  #applyWithoutCall(key: string, now: number): void {
    const question = this.#store.questions.find(this.#attempt.taskId, key);
    if (question !== null && (question.toolUseId === null || question.kind === "network")) this.#store.questions.applied(question.id, now);
  }

  /** A call's result shows that its answer has had its effect. */
  #takeResults(record: JournalRecord, now: number): void {
    const content = arrayOf(objectOf(objectOf(record)["message"])["content"]).map(objectOf);
    const ended = new Set(content.filter(({ type }) => type === "tool_result").map((block) => block["tool_use_id"]));
    if (ended.size === 0) return;
    for (const question of this.#store.questions.unapplied(this.#attempt.taskId)) {
      if (!ended.has(question.toolUseId)) continue;
      if (question.kind === "elicitation" && question.answer === null) this.#leaveCall(question);
      else this.#end(question, now);
    }
  }

  /** The MCP server has ended the call, and may wait for the form all the same. */
  #leaveCall(question: Question): void {
    const { taskId, attemptId } = question;
    this.#store.questions.ask(taskId, attemptId, { ...question, toolUseId: null }, question);
  }

  /** Only the session of an earlier attempt has the result. */
  #settle(key: string, now: number): void {
    const question = this.#store.questions.find(this.#attempt.taskId, key);
    if (question !== null) this.#end(question, now);
  }

  #end({ id, answer }: Question, now: number): void {
    if (answer === null) this.#supersede(id, now);
    else this.#store.questions.applied(id, now);
  }
}

/**
 * Inside `write`. Asks again what was answered by callers whose rights have ended since: no attempt
 * has used those answers.
 * @returns whether there are any.
 */
export function askRevoked(store: Store, unapplied: readonly Question[], now: number): boolean {
  const asked = unapplied.filter(({ isVoid }) => isVoid).flatMap(({ id }) => store.questions.reopen(id) ?? []);
  for (const question of asked) noteAsked(store, question, null, now);
  return asked.length > 0;
}

function noteAsked(store: Store, question: Question, attemptId: number | null, now: number): void {
  const data = askedEvent(question);
  store.events.append(question.taskId, attemptId, [{ type: "question_asked", at: now, data }], `[question] q${question.id} ${data.text}`);
}
