/** Makes the views of comments on lines from the store's rows. */
import type { ReviewCommentView } from "../../contract/views/review.ts";
import { reviewState } from "../../domain/workspace/review-comment.ts";
import type { CarriedComment, ReviewComment } from "../../domain/workspace/review-comment.ts";
import { rfc3339 } from "../tasks/times.ts";

export function reviewCommentView(comment: ReviewComment, carried: CarriedComment): ReviewCommentView {
  const { position } = carried;
  return {
    id: comment.id,
    task_id: comment.taskId,
    path: comment.path,
    side: comment.side,
    start_line: comment.startLine,
    line: comment.line,
    code: [...comment.code],
    since: comment.since,
    checkpoint: comment.checkpoint,
    body: comment.body,
    state: reviewState(comment, carried),
    position: position === null ? null : { path: position.path, start_line: position.start, line: position.end },
    message: comment.messageId,
    written_by: comment.writtenBy,
    created_at: rfc3339(comment.createdAt),
    updated_at: rfc3339(comment.updatedAt),
  };
}
