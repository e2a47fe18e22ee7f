/** What doors show of comments on lines of what a task changed. */
import { z } from "zod";
import { diffSides, reviewStates } from "../../domain/workspace/review-comment.ts";
import { taskRef } from "../task-ref.ts";
import { time } from "./time.ts";
import { messageView } from "./message.ts";

export const reviewCommentView = z.object({
  id: z.int().describe("Number over all tasks; people write it as `c7`."),
  task_id: taskRef,
  path: z.string().describe("The file, as the diff named it when the comment was written."),
  side: z.enum(diffSides).describe("`new`: lines as they were after the change. `old`: lines as they were before it."),
  start_line: z.int().describe("The first line; the same as `line` for one line."),
  line: z.int().describe("The last line."),
  code: z.array(z.string()).describe("The lines as the diff shows them: each begins with a blank, `-` or `+`. Long ones are cut."),
  since: z.int().nullable().describe("The checkpoint before the change; null: the commit that the task's worktree began with."),
  checkpoint: z.int().describe("The checkpoint after it."),
  body: z.string().describe("What is said."),
  state: z
    .enum(reviewStates)
    .describe(
      "`open`: not sent. `sent`: a message took it, and the task's attempt has not ended. `handled`: the attempt that took it has completed, or a person said so. `outdated`: its lines have changed.",
    ),
  position: z
    .object({ path: z.string(), start_line: z.int(), line: z.int() })
    .nullable()
    .describe("Where the lines are in the newest checkpoint; null: they have changed, or that is not known."),
  message: z.int().nullable().describe("The message that took it; null: none."),
  written_by: z.string(),
  created_at: time,
  updated_at: time.describe("When its text or its state was last changed, apart from `outdated`."),
});
export type ReviewCommentView = z.infer<typeof reviewCommentView>;

export const reviewView = z.object({
  checkpoint: z.int().nullable().describe("The newest checkpoint, to which positions belong; null: there is none."),
  comments: z.array(reviewCommentView).describe("Oldest first."),
  problem: z
    .string()
    .nullable()
    .describe("Why it is not known of some comments where their lines are, as a sentence; null: it is known of all."),
});
export type ReviewView = z.infer<typeof reviewView>;

export const reviewCommentList = z.object({ comments: z.array(reviewCommentView).describe("In the order of the input.") });

export const reviewSentView = z.object({
  message: messageView,
  comments: z.array(reviewCommentView).describe("Those that the message has."),
  left_out: z.array(z.int()).describe("Comments that were not sent before and are `outdated`."),
});
export type ReviewSentView = z.infer<typeof reviewSentView>;
