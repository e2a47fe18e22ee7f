/** Comments on lines of what a task changed. */
import { z } from "zod";
import { diffSides, maxCommentCharacters, maxCommentLines, reviewStates } from "../../domain/workspace/review-comment.ts";
import { maxMessageCharacters } from "../../domain/messages/message.ts";
import { text } from "../task-options.ts";
import { reviewCommentList, reviewCommentView, reviewSentView, reviewView } from "../views/review.ts";
import { operation } from "./operation.ts";
import { largest, listOf, taskParams, wholeNumber } from "./query-values.ts";

const tag = "Review";

const commentBody = text
  .max(maxCommentCharacters, `the comment is longer than ${maxCommentCharacters} characters`)
  .refine((value) => value.trim() !== "", "the comment is empty: say what should be different");
const lineNumber = z.int().min(1).max(largest);

export const reviewQuery = z.strictObject({
  state: listOf(z.enum(reviewStates)).optional().describe("Only comments in these states."),
});
export type ReviewQuery = z.output<typeof reviewQuery>;

export const newComment = z
  .strictObject({
    path: text.min(1).max(4096).describe("The file, as the diff names it."),
    side: z.enum(diffSides).default("new").describe("`new`: the lines after the change. `old`: the lines before it."),
    line: lineNumber.describe("The line, or the last one of several. The diff has to show it."),
    start_line: lineNumber.optional().describe("The first line of several."),
    body: commentBody.describe("What to say."),
  })
  .refine(
    ({ line, start_line: start = line }) => start <= line && line - start < maxCommentLines,
    `must have lines in their order, at most ${maxCommentLines} of them`,
  );
export type NewComment = z.output<typeof newComment>;

export const commentsInput = z.strictObject({
  since: lineNumber.optional().describe("The diff begins with this checkpoint; default: the beginning of the task."),
  to: lineNumber.optional().describe("The diff ends with this checkpoint; default: the last one."),
  comments: z.array(newComment).min(1).max(100).describe("All are stored, or none."),
});
export type CommentsInput = z.output<typeof commentsInput>;

export const commentChange = z
  .strictObject({
    body: commentBody.optional().describe("The new text. Only while it is not sent."),
    state: z
      .enum(["open", "handled"])
      .optional()
      .describe("`handled`: nothing is left to do. `open`: it is sent with the next review, also where its lines have changed."),
  })
  .refine(({ body, state }) => body !== undefined || state !== undefined, "must change something: body or state");
export type CommentChange = z.output<typeof commentChange>;

export const sendReviewInput = z.strictObject({
  message: text
    .max(maxMessageCharacters)
    .refine((value) => value.trim() !== "", "the message is empty: leave it out")
    .optional()
    .describe("What to say beside the comments."),
  comments: z.array(lineNumber).min(1).max(1000).optional().describe("Only these. Absent: all that are open."),
  key: z.uuid().optional().describe("A UUID of your own: the same call with the same key, also after a broken connection, sends once."),
});
export type SendReviewInput = z.output<typeof sendReviewInput>;

const commentParams = taskParams.extend({ comment: wholeNumber(1, largest).describe("The comment's number.") });

export const reviewOperations = {
  getReview: operation("getReview", {
    access: "read",
    tag,
    summary: "List the comments on what a task changed",
    description:
      "Each with its state, and with where its lines are now. Comments follow their lines through later changes; one whose lines changed is `outdated`.",
    params: taskParams,
    query: reviewQuery,
    answer: "The comments.",
    output: reviewView,
  }),
  addReviewComments: operation("addReviewComments", {
    access: "submit",
    tag,
    summary: "Comment on lines of what a task changed",
    description:
      "On lines that the diff shows, also unchanged ones between them. A comment does nothing before it is sent. Agents comment on their own tasks only.",
    params: taskParams,
    body: commentsInput,
    status: 201,
    answer: "The comments, which are stored.",
    output: reviewCommentList,
    problems: ["conflict", "unprocessable"],
  }),
  changeReviewComment: operation("changeReviewComment", {
    access: "submit",
    tag,
    summary: "Change a comment: its text or its state",
    description:
      "A comment that was sent cannot be opened again before the task's attempt has ended. Agents change comments of agents only.",
    params: commentParams,
    body: commentChange,
    answer: "The comment.",
    output: reviewCommentView,
    problems: ["conflict"],
  }),
  removeReviewComment: operation("removeReviewComment", {
    access: "submit",
    tag,
    summary: "Delete a comment",
    description: "A message that has it stays as it is. Agents delete comments of agents only.",
    params: commentParams,
    status: 204,
    answer: "Deleted.",
    output: null,
  }),
  sendReview: operation("sendReview", {
    access: "submit",
    tag,
    summary: "Send the open comments to the task, as one message",
    description:
      "As `sendMessage` does: a task that has ended continues in the same conversation, and one that runs gets the message at its next step. The same rights count. When the attempt has completed, the comments are `handled`, or `outdated` where their lines have changed; when it has not, they are open again. Agents send comments of agents only.",
    params: taskParams,
    body: sendReviewInput,
    bodyOptional: true,
    status: 201,
    answer: "The message, and the comments that it has.",
    output: reviewSentView,
    problems: ["conflict", "unprocessable", "untrusted_directory"],
  }),
};
