/** Changes and deletes comments on lines of what a task changed. */
import type { Caller } from "../../contract/caller.ts";
import type { CommentChange, ReviewQuery } from "../../contract/operations/review.ts";
import type { ReviewCommentView, ReviewView } from "../../contract/views/review.ts";
import { WorkerError } from "../../domain/errors.ts";
import { commentName, reviewState } from "../../domain/workspace/review-comment.ts";
import type { ReviewComment } from "../../domain/workspace/review-comment.ts";
import type { Store } from "../../store/store.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { requireTask } from "../tasks/require-task.ts";
import type { ReviewContext } from "./add-comments.ts";
import { carryComments } from "./carry-comments.ts";
import { reviewCommentView } from "./review-view.ts";

/** The comments of a task as they stand now. @throws WorkerError not_found. */
export async function reviewOf(
  { store, git }: Pick<ReviewContext, "store" | "git">,
  id: number,
  { state }: ReviewQuery = {},
): Promise<ReviewView> {
  requireTask(store, id);
  const { comments, problem } = await carryComments(store, git, id, store.reviewComments.ofTask(id));
  const views = comments.map(({ comment, carried }) => reviewCommentView(comment, carried));
  return {
    checkpoint: store.checkpoints.last(id)?.number ?? null,
    comments: state === undefined ? views : views.filter((each) => state.includes(each.state)),
    problem,
  };
}

/** The views of some comments. */
export async function viewsOf(
  { store, git }: Pick<ReviewContext, "store" | "git">,
  id: number,
  comments: readonly ReviewComment[],
): Promise<ReviewCommentView[]> {
  return (await carryComments(store, git, id, comments)).comments.map(({ comment, carried }) => reviewCommentView(comment, carried));
}

interface Ids {
  readonly taskId: number;
  readonly commentId: number;
}

/**
 * @throws WorkerError not_found; conflict: it was sent; forbidden: an agent, and a comment or a
 * task of others.
 */
export async function changeComment(
  context: ReviewContext,
  ids: Ids,
  { body, state }: CommentChange,
  caller: Caller,
): Promise<ReviewCommentView> {
  const { store, git } = context;
  const first = requireComment(store, ids, caller);
  const [seen] = (await carryComments(store, git, ids.taskId, [first])).comments;
  // Where the lines are now decides, not where they were when it was judged.
  const isGone = seen !== undefined && seen.carried.hasChanged !== null && seen.carried.position === null;
  const now = context.now();
  const changed = await store.write(() => {
    const comment = requireComment(store, ids, caller);
    const name = commentName(comment.id);
    if (comment.state === "sent" && state === "open") {
      const advice = `Take the message back (claude-worker unsend ${ids.taskId} m${comment.messageId ?? 0}), or wait for the end of the attempt.`;
      throw new WorkerError("conflict", `Comment ${name} is in message m${comment.messageId ?? 0}, which the task has. ${advice}`);
    }
    if (body !== undefined && comment.state !== "open") {
      const was = comment.state === "sent" ? "was sent" : "is handled";
      throw new WorkerError("conflict", `Comment ${name} ${was}, so its text stays. Write another one.`);
    }
    const isOpenNow = comment.state === "open" && (seen === undefined || reviewState(comment, seen.carried) === "open");
    // What is open already stays as it is.
    const decision = state === undefined || (state === "open" && isOpenNow) ? {} : { state, staysOpen: state === "open" && isGone };
    const isHandled = state === "handled" && comment.state !== "handled";
    if (isHandled)
      store.events.append(ids.taskId, null, [{ type: "comment_handled", at: now, data: { comment: comment.id, by: caller.name } }]);
    return store.reviewComments.decide(comment.id, { ...(body === undefined ? {} : { body }), ...decision }, now);
  });
  if (changed === null) throw noComment(ids);
  const [view] = await viewsOf(context, ids.taskId, [changed]);
  if (view === undefined) throw noComment(ids);
  return view;
}

/** @throws WorkerError not_found; forbidden: an agent, and a comment or a task of others. */
export async function removeComment({ store }: Pick<ReviewContext, "store">, ids: Ids, caller: Caller): Promise<void> {
  await store.write(() => store.reviewComments.remove(requireComment(store, ids, caller).id));
}

function requireComment(store: Store, ids: Ids, caller: Caller): ReviewComment {
  const task = requireTask(store, ids.taskId);
  if (isAgent(caller)) requireDelegated(store, task, caller);
  const comment = store.reviewComments.get(ids.commentId);
  if (comment === null || comment.taskId !== ids.taskId) throw noComment(ids);
  if (isAgent(caller) && !comment.byAgent) {
    const name = commentName(comment.id);
    throw new WorkerError("forbidden", `Comment ${name} was written by a person, so only a person changes it.`);
  }
  return comment;
}

export function noComment({ taskId, commentId }: Ids): WorkerError {
  return new WorkerError(
    "not_found",
    `Task ${taskId} has no comment ${commentName(commentId)}. See them: claude-worker review ${taskId} --list`,
  );
}
