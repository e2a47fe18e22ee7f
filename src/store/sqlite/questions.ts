/**
 * Stores questions. An answer is a compare-and-set: a question that is not open any more keeps what
 * it has.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import type { Answer, AskedQuestion, Question, QuestionStatus } from "../../domain/questions/question.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";
import { createStatements } from "./statements.ts";

export interface QuestionFilter {
  readonly statuses?: readonly QuestionStatus[];
  readonly taskId?: number;
  /** Questions with a lower id, for the next page. */
  readonly before?: number;
  readonly limit: number;
}

export interface QuestionStore {
  get(id: number): Question | null;
  /** The question with this key of a task. */
  find(taskId: number, key: string): Question | null;
  /** Newest first. */
  list(filter: QuestionFilter): Question[];
  /** Every question of a task, oldest first. */
  ofTask(taskId: number): Question[];
  /**
   * The questions of a task that have no effect yet: open ones, and ones whose answer is not
   * applied. Oldest first. Without those for consent, which no attempt waits for.
   */
  unapplied(taskId: number): Question[];
  /** The open questions for consent to paid usage with this account. */
  openConsents(account: string): Question[];
  /** How many questions are open, over all tasks. */
  openCount(): number;
  /** Inside `write`. Stores a question, or the new call of one that is asked again. */
  ask(taskId: number, attemptId: number, question: AskedQuestion, at: { askedAt: number; deadline: number | null }): Question;
  /**
   * Inside `write`. Stores the answer of an open question.
   * @returns null when the question is not open any more.
   */
  answer(id: number, answer: Answer, by: string, now: number): Question | null;
  /**
   * Inside `write`. Ends an open question whose time is over. @param answer what counts; null: the
   * task fails.
   * @returns null when the question is not open any more.
   */
  expire(id: number, answer: Answer | null, now: number): Question | null;
  /** The questions with an answer of this sender that has had no effect, oldest first. */
  answeredBy(sender: string): Question[];
  /** Inside `write`. Takes back an answer that has had no effect. @returns null: it has none. */
  reopen(id: number): Question | null;
  /** Inside `write`. The journal holds what followed from the answer. */
  applied(id: number, now: number): void;
  /**
   * Inside `write`. The task continues without an answer.
   * @param isVoid whether an answer that it has counts no more, also where the session continues.
   */
  supersede(id: number, isVoid: boolean): void;
  /** Inside `write`. Answers of this sender that have had no effect count for no later attempt. */
  voidBy(sender: string): void;
  /**
   * Inside `write`. The task continues its session: answers of people that its last attempt could
   * not use count again.
   */
  revive(taskId: number): void;
  /** Open questions whose deadline is at `now` or before. */
  due(now: number, limit: number): Question[];
  /** The next deadline after `now`; null: there is none. */
  nextDeadline(now: number): number | null;
  /**
   * Waiting tasks with a kept runner, whose questions all have an answer, the first answer first.
   */
  readyToProceed(limit: number): number[];
}

const row = defineRow<Question>({
  id: "plain",
  taskId: "plain",
  attemptId: "plain",
  turn: "plain",
  key: "plain",
  kind: "plain",
  tool: "plain",
  toolUseId: "plain",
  agentId: "plain",
  input: "json",
  inputHash: "plain",
  rule: "plain",
  status: "plain",
  answer: "json",
  answeredBy: "plain",
  askedAt: "plain",
  answeredAt: "plain",
  appliedAt: "plain",
  deadline: "plain",
  isVoid: "flag",
});

const unappliedWhere = "applied_at IS NULL AND status IN ('open', 'answered', 'expired')";

export function createQuestionStore(database: Database.Database, writing: Writing): QuestionStore {
  const statements = createStatements(database);
  const selectOne = database.prepare<[number]>(`SELECT ${row.select} FROM questions WHERE id = ?`);
  const selectKey = database.prepare<[number, string]>(`SELECT ${row.select} FROM questions WHERE task_id = ? AND key = ?`);
  const selectOfTask = database.prepare<[number]>(`SELECT ${row.select} FROM questions WHERE task_id = ? ORDER BY id`);
  const selectUnapplied = database.prepare<[number]>(
    `SELECT ${row.select} FROM questions INDEXED BY questions_unapplied WHERE task_id = ? AND ${unappliedWhere} AND kind <> 'consent' ORDER BY id`,
  );
  const selectConsents = database.prepare<[string]>(
    `SELECT ${row.select} FROM questions INDEXED BY questions_open
     WHERE status = 'open' AND kind = 'consent' AND attempt_id IN (SELECT id FROM attempts WHERE account = ?) ORDER BY id`,
  );
  const countOpen = database.prepare<[], number>("SELECT count(*) FROM questions INDEXED BY questions_open WHERE status = 'open'").pluck();
  const insert = database.prepare(
    `INSERT INTO questions (task_id, turn, attempt_id, key, kind, tool, tool_use_id, agent_id, input, input_hash, rule, asked_at, deadline)
     VALUES (@taskId, (SELECT num_turns FROM tasks WHERE id = @taskId), @attemptId, @key, @kind, @tool, @toolUseId, @agentId, @input, @inputHash, @rule, @askedAt, @deadline)`,
  );
  const askAgain = database.prepare(
    "UPDATE questions SET attempt_id = @attemptId, tool_use_id = @toolUseId, agent_id = @agentId WHERE id = @id AND applied_at IS NULL",
  );
  const setAnswer = database.prepare(
    "UPDATE questions SET status = 'answered', answer = @answer, answered_by = @by, answered_at = @now WHERE id = @id AND status = 'open'",
  );
  const setExpired = database.prepare(
    "UPDATE questions SET status = 'expired', answer = @answer, answered_by = 'default', answered_at = @now WHERE id = @id AND status = 'open'",
  );
  const selectAnsweredBy = database.prepare<[string]>(
    `SELECT ${row.select} FROM questions WHERE status = 'answered' AND applied_at IS NULL AND answered_by = ? ORDER BY id`,
  );
  const setOpen = database.prepare(
    `UPDATE questions SET status = 'open', answer = NULL, answered_by = NULL, answered_at = NULL, is_void = 0
     WHERE id = @id AND status = 'answered' AND applied_at IS NULL`,
  );
  const setApplied = database.prepare(
    `UPDATE questions SET applied_at = @now, status = iif(status = 'answered', 'applied', status)
     WHERE id = @id AND applied_at IS NULL AND answer IS NOT NULL AND status IN ('answered', 'expired')`,
  );
  const setSuperseded = database.prepare(
    `UPDATE questions SET status = 'superseded', applied_at = NULL, is_void = max(is_void, @isVoid) WHERE id = @id AND ${unappliedWhere}`,
  );
  const setVoid = database.prepare(
    `UPDATE questions SET is_void = 1
     WHERE answered_by = @sender AND applied_at IS NULL AND status IN ('answered', 'superseded')`,
  );
  const setRevived = database.prepare(
    `UPDATE questions SET status = 'answered'
     WHERE task_id = @taskId AND status = 'superseded' AND answer IS NOT NULL AND answered_by <> 'default' AND is_void = 0
       AND attempt_id IN (SELECT attempts.id FROM attempts JOIN tasks ON tasks.id = attempts.task_id
         WHERE attempts.task_id = @taskId AND attempts.session_id = tasks.session_id)`,
  );
  const selectDue = database.prepare<[number, number]>(
    `SELECT ${row.select} FROM questions INDEXED BY questions_due
     WHERE status = 'open' AND deadline IS NOT NULL AND deadline <= ? ORDER BY deadline LIMIT ?`,
  );
  const selectNextDeadline = database
    .prepare<[number], number | null>(
      "SELECT min(deadline) FROM questions INDEXED BY questions_due WHERE status = 'open' AND deadline IS NOT NULL AND deadline > ?",
    )
    .pluck();
  // Begins at the few questions that have an answer and no effect.
  const selectReady = database
    .prepare<[number], number>(
      `SELECT questions.task_id FROM questions INDEXED BY questions_undelivered CROSS JOIN tasks ON tasks.id = questions.task_id
       WHERE questions.answer IS NOT NULL AND questions.applied_at IS NULL AND questions.status IN ('answered', 'expired')
         AND tasks.status = 'waiting' AND tasks.open_attempt_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM questions AS other
           WHERE other.task_id = questions.task_id AND other.applied_at IS NULL AND other.status = 'open' AND other.kind <> 'consent')
       GROUP BY questions.task_id ORDER BY min(questions.answered_at) LIMIT ?`,
    )
    .pluck();

  function get(id: number): Question | null {
    const found = selectOne.get(id);
    return found === undefined ? null : row.decode(found);
  }

  /** Runs a guarded statement. @returns the question; null: it was not in the state. */
  function change(id: number, run: () => { changes: number }): Question | null {
    const question = get(id);
    if (question === null) return null;
    writing.touch(question.taskId);
    return run().changes === 0 ? null : get(id);
  }

  const all = (rows: unknown[]): Question[] => rows.map((each) => row.decode(each));

  return {
    get,
    find: (taskId, key) => {
      const found = selectKey.get(taskId, key);
      return found === undefined ? null : row.decode(found);
    },
    list: ({ statuses, taskId, before, limit }) => {
      const guards = ["id < @before"];
      if (statuses !== undefined) guards.push("status IN (SELECT value FROM json_each(@statuses))");
      if (taskId !== undefined) guards.push("task_id = @taskId");
      const statement = statements.get(`SELECT ${row.select} FROM questions WHERE ${guards.join(" AND ")} ORDER BY id DESC LIMIT @limit`);
      const values = { before: before ?? Number.MAX_SAFE_INTEGER, statuses: JSON.stringify(statuses ?? []), taskId: taskId ?? 0, limit };
      return all(statement.all(values));
    },
    ofTask: (taskId) => all(selectOfTask.all(taskId)),
    unapplied: (taskId) => all(selectUnapplied.all(taskId)),
    openConsents: (account) => all(selectConsents.all(account)),
    openCount: () => countOpen.get() ?? 0,
    ask: (taskId, attemptId, question, { askedAt, deadline }) => {
      writing.touch(taskId);
      const { key, toolUseId, agentId } = question;
      const known = selectKey.get(taskId, key);
      if (known !== undefined) askAgain.run({ id: row.decode(known).id, attemptId, toolUseId, agentId });
      else {
        const { kind, tool, inputHash, rule } = question;
        const input = row.encode("input", question.input);
        insert.run({ taskId, attemptId, key, kind, tool, toolUseId, agentId, input, inputHash, rule, askedAt, deadline });
      }
      const stored = selectKey.get(taskId, key);
      if (stored === undefined) throw new WorkerError("internal", `The question ${key} of task ${taskId} was not kept.`);
      return row.decode(stored);
    },
    answer: (id, answer, by, now) => change(id, () => setAnswer.run({ id, answer: row.encode("answer", answer), by, now })),
    expire: (id, answer, now) => change(id, () => setExpired.run({ id, answer: row.encode("answer", answer), now })),
    answeredBy: (sender) => all(selectAnsweredBy.all(sender)),
    reopen: (id) => change(id, () => setOpen.run({ id })),
    applied: (id, now) => void change(id, () => setApplied.run({ id, now })),
    supersede: (id, isVoid) => void change(id, () => setSuperseded.run({ id, isVoid: Number(isVoid) })),
    voidBy: (sender) => {
      writing.mustBeInside();
      setVoid.run({ sender });
    },
    revive: (taskId) => {
      writing.touch(taskId);
      setRevived.run({ taskId });
    },
    due: (now, limit) => all(selectDue.all(now, limit)),
    nextDeadline: (now) => selectNextDeadline.get(now) ?? null,
    readyToProceed: (limit) => selectReady.all(limit),
  };
}
