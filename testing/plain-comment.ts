/** A comment on a line, for tests of the store. */
import type { NewReviewComment } from "../src/store/sqlite/review-comments.ts";

export function plainComment(taskId: number, more: Partial<NewReviewComment> = {}): NewReviewComment {
  return {
    taskId,
    path: "a.ts",
    oldPath: null,
    side: "new",
    startLine: 2,
    line: 2,
    code: ["+two"],
    since: null,
    fromCommit: "a".repeat(40),
    checkpoint: 2,
    toCommit: "b".repeat(40),
    body: "Why?",
    writtenBy: "socket",
    byAgent: false,
    createdAt: 1000,
    ...more,
  };
}
