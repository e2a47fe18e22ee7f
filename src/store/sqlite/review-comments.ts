/**
 * Stores comments on lines of what tasks changed. A comment whose message was cancelled is open, as
 * it is read.
 */
import type Database from "better-sqlite3";
import type { ReviewComment } from "../../domain/workspace/review-comment.ts";
import type { Writing } from "./group-commit.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";

export type NewReviewComment = Omit<ReviewComment, "id" | "state" | "messageId" | "judgedCommit" | "staysOpen" | "updatedAt">;

/** What a person decides about a comment. */
export interface ReviewDecision {
  readonly body?: string;
  readonly state?: "open" | "handled";
  /** With `open`: its lines have changed. */
  readonly staysOpen?: boolean;
}

export interface ReviewCommentStore {
  get(id: number): ReviewComment | null;
  /** Oldest first. */
  ofTask(taskId: number): ReviewComment[];
  /** Inside `write`. */
  insert(comment: NewReviewComment): ReviewComment;
  /** Inside `write`. Null: there is none of this number. */
  decide(id: number, decision: ReviewDecision, now: number): ReviewComment | null;
  /** Inside `write`. A message takes open comments. @returns how many of them were open. */
  send(ids: readonly number[], messageId: number, now: number): number;
  /**
   * Inside `write`. The task has ended, and with it the turns that took its messages: what these
   * have is handled where it has completed, judged by the last snapshot, else open again. Messages
   * that wait keep theirs. @returns the comments that are handled now.
   */
  settle(taskId: number, isCompleted: boolean, now: number): number[];
  /** Inside `write`. Whether there was one. */
  remove(id: number): boolean;
}

const row = defineRow<ReviewComment>({
  id: "plain",
  taskId: "plain",
  path: "plain",
  oldPath: "plain",
  side: "plain",
  startLine: "plain",
  line: "plain",
  code: "json",
  since: "plain",
  fromCommit: "plain",
  checkpoint: "plain",
  toCommit: "plain",
  body: "plain",
  state: "plain",
  messageId: "plain",
  judgedCommit: "plain",
  staysOpen: "flag",
  writtenBy: "plain",
  byAgent: "flag",
  createdAt: "plain",
  updatedAt: "plain",
});
const given = [
  "taskId",
  "path",
  "oldPath",
  "side",
  "startLine",
  "line",
  "code",
  "since",
  "fromCommit",
  "checkpoint",
  "toCommit",
  "body",
  "writtenBy",
  "byAgent",
  "createdAt",
] as const satisfies readonly (keyof NewReviewComment)[];

const isTaken = "EXISTS (SELECT 1 FROM messages WHERE messages.id = review_comments.message_id AND messages.status <> 'cancelled')";

/** The comments' rows on one connection. */
export function createReviewCommentStore(database: Database.Database, writing: Writing): ReviewCommentStore {
  const select = `SELECT ${row.select}, (state = 'sent' AND NOT ${isTaken}) AS "isBack" FROM review_comments`;
  const selectOne = database.prepare<[number]>(`${select} WHERE id = ?`);
  const selectOfTask = database.prepare<[number]>(`${select} WHERE task_id = ? ORDER BY id`);
  const selectTask = database.prepare<[number], number>("SELECT task_id FROM review_comments WHERE id = ?").pluck();
  const insert = prepareReturning(
    database,
    `INSERT INTO review_comments (${given.map((field) => row.column(field)).join(", ")}, updated_at)
     VALUES (${given.map((field) => `@${field}`).join(", ")}, @createdAt) RETURNING id`,
  );
  const setBody = database.prepare("UPDATE review_comments SET body = @body, updated_at = @now WHERE id = @id");
  const setState = database.prepare(
    `UPDATE review_comments SET state = @state, stays_open = @staysOpen, judged_commit = NULL, updated_at = @now,
       message_id = iif(@state = 'open', NULL, message_id) WHERE id = @id`,
  );
  const setSent = database.prepare(
    `UPDATE review_comments SET state = 'sent', message_id = @messageId, updated_at = @now
     WHERE id = @id AND (state = 'open' OR (state = 'sent' AND NOT ${isTaken}))`,
  );
  const ofEnded = (notes: string): string =>
    `task_id = @taskId AND state = 'sent' AND message_id IN (SELECT id FROM messages WHERE task_id = @taskId AND status = 'done'${notes})`;
  const setHandled = database.prepare(
    `UPDATE review_comments SET state = 'handled', updated_at = @now,
       judged_commit = (SELECT commit_id FROM checkpoints WHERE task_id = @taskId ORDER BY number DESC LIMIT 1)
     WHERE ${ofEnded(" AND note IS NULL")} RETURNING id`,
  );
  const setBack = database.prepare(`UPDATE review_comments SET state = 'open', message_id = NULL, updated_at = @now WHERE ${ofEnded("")}`);
  const deleteOne = database.prepare("DELETE FROM review_comments WHERE id = ?");
  const decode = (found: unknown): ReviewComment => {
    const { isBack, ...rest } = found as { isBack: number };
    const comment = row.decode(rest);
    return isBack === 1 ? { ...comment, state: "open", messageId: null } : comment;
  };
  const get = (id: number): ReviewComment | null => {
    const found = selectOne.get(id);
    return found === undefined ? null : decode(found);
  };
  /** Whether there is one; its task is touched. */
  const touch = (id: number): boolean => {
    writing.mustBeInside();
    const taskId = selectTask.get(id);
    if (taskId !== undefined) writing.touch(taskId);
    return taskId !== undefined;
  };
  return {
    get,
    ofTask: (taskId) => selectOfTask.all(taskId).map(decode),
    insert: (comment) => {
      writing.touch(comment.taskId);
      const { id } = insert(Object.fromEntries(given.map((field) => [field, row.encode(field, comment[field])]))) as { id: number };
      return { ...comment, id, state: "open", messageId: null, judgedCommit: null, staysOpen: false, updatedAt: comment.createdAt };
    },
    decide: (id, { body, state, staysOpen = false }, now) => {
      if (!touch(id)) return null;
      if (body !== undefined) setBody.run({ id, body, now });
      if (state !== undefined) setState.run({ id, state, staysOpen: Number(staysOpen), now });
      return get(id);
    },
    send: (ids, messageId, now) => ids.filter((id) => touch(id) && setSent.run({ id, messageId, now }).changes > 0).length,
    settle: (taskId, isCompleted, now) => {
      writing.touch(taskId);
      const handled = isCompleted ? (setHandled.all({ taskId, now }) as { id: number }[]) : [];
      setBack.run({ taskId, now });
      return handled.map(({ id }) => id).toSorted((one, other) => one - other);
    },
    remove: (id) => touch(id) && deleteOne.run(id).changes > 0,
  };
}
