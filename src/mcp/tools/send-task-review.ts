/** `send_task_review`: comments on lines of what a task changed, and sends the comments to it. */
import { z } from "zod";
import { newComment, sendReviewInput } from "../../contract/operations/review.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";
import { briefComment } from "./get-task-review.ts";

export const sendTaskReview = defineTool({
  name: "send_task_review",
  title: "Comment on what a task changed",
  description:
    "Comments on lines of a task's diff and sends all comments as one message: a task that has ended continues in the same session and handles them. Only your own tasks. Read get_task_diff first: a comment needs a line that it shows.",
  input: z.strictObject({
    id: taskId,
    comments: z.array(newComment).min(1).max(100).describe("What to say to which lines."),
    message: sendReviewInput.shape.message,
  }),
  output: z.object({ id: taskId, message: z.int(), comments: z.array(briefComment), next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ id, comments, message }, { api, caller }) {
    const added = await api.addReviewComments({ id, comments }, caller);
    const own = added.comments.map((comment) => comment.id);
    const sent = await api
      .sendReview({ id, comments: own, ...(message === undefined ? {} : { message }) }, caller)
      .catch(async (error: unknown) => {
        // The agent makes the same call again.
        for (const comment of own) await api.removeReviewComment({ id, comment }, caller);
        throw error;
      });
    return data({
      id,
      message: sent.message.id,
      comments: sent.comments.map((comment) => briefComment.parse(comment)),
      next_step: `The comments are sent. Continue with other work, or wait_for_tasks with ids [${id}]; get_task_review then says what became of them.`,
    });
  },
});
