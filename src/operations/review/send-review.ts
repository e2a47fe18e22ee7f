/** Sends the open comments on what a task changed to the task: as one message, in one commit. */
import { randomUUID } from "node:crypto";
import type { Caller } from "../../contract/caller.ts";
import type { SendReviewInput } from "../../contract/operations/review.ts";
import type { ReviewSentView } from "../../contract/views/review.ts";
import { WorkerError } from "../../domain/errors.ts";
import { maxMessageCharacters } from "../../domain/messages/message.ts";
import type { Message } from "../../domain/messages/message.ts";
import { commentName, reviewState } from "../../domain/workspace/review-comment.ts";
import type { CarriedComment, ReviewComment } from "../../domain/workspace/review-comment.ts";
import { reviewMessage } from "../../domain/workspace/review-message.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { messageView } from "../messages/message-view.ts";
import { sendMessageWithin } from "../messages/send-message.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { requireTask } from "../tasks/require-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { carryComments, unknownPlace } from "./carry-comments.ts";
import { noComment, viewsOf } from "./change-comment.ts";

type SendContext = SubmitContext & { readonly git: GitProgram };

interface Sent {
  readonly message: Message;
  readonly ids: readonly number[];
  readonly leftOut: readonly number[];
}

/**
 * A second call with the same key returns the first one's message.
 * @throws WorkerError like `sendMessage`; conflict: nothing is open, or one that is named is not;
 * not_found: one that is named does not exist; unprocessable: the text is too long.
 */
export async function sendReview(context: SendContext, id: number, input: SendReviewInput, caller: Caller): Promise<ReviewSentView> {
  const { store, git } = context;
  const task = requireTask(store, id);
  if (isAgent(caller)) requireDelegated(store, task, caller);
  const carried = new Map(
    (await carryComments(store, git, id, store.reviewComments.ofTask(id))).comments.map(({ comment, carried: found }) => [
      comment.id,
      found,
    ]),
  );
  const now = context.now();
  const { message, ids, leftOut } = await store.write((): Sent => {
    const known = sentBefore(context, id, input.key);
    if (known !== null) return known;
    const { chosen, outdated } = choose(context, id, input, caller, carried);
    const key = input.key?.toLowerCase() ?? randomUUID();
    const text = reviewMessage({
      comments: chosen.map((comment) => ({ comment, carried: carried.get(comment.id) ?? unknownPlace })),
      message: input.message ?? null,
      isByAgent: isAgent(caller),
      mark: `[end of quote ${randomUUID().slice(0, 8)}]`,
    });
    if (text.length > maxMessageCharacters) {
      const advice = `Send some of them first: claude-worker review ${id} --send --only ${commentName(chosen[0]?.id ?? 0)}`;
      throw new WorkerError("unprocessable", `The message would be longer than ${maxMessageCharacters} characters. ${advice}`);
    }
    const sent = sendMessageWithin(context, id, { text, key, delivery: "next", isData: true }, caller, now);
    const taken = chosen.map((comment) => comment.id);
    if (store.reviewComments.send(taken, sent.id, now) !== taken.length)
      throw new WorkerError("internal", `A comment of task ${id} changed in the middle of its own change.`);
    return { message: sent, ids: taken, leftOut: outdated };
  });
  const comments = ids.flatMap((each) => store.reviewComments.get(each) ?? []);
  return { message: messageView(message), comments: await viewsOf(context, id, comments), left_out: [...leftOut] };
}

/** What an earlier call with the key has sent; null: there was none. */
function sentBefore({ store }: SendContext, id: number, key: string | undefined): Sent | null {
  const message = key === undefined ? null : store.messages.find(key.toLowerCase());
  if (message === null) return null;
  const ids = store.reviewComments.ofTask(id).filter(({ messageId }) => messageId === message.id);
  if (message.taskId !== id || ids.length === 0)
    throw new WorkerError("unprocessable", "The key belongs to another message. Give each message a key of its own.");
  return { message, ids: ids.map((comment) => comment.id), leftOut: [] };
}

interface Chosen {
  readonly chosen: readonly ReviewComment[];
  /** Comments that are left out because their lines have changed. */
  readonly outdated: readonly number[];
}

/** @throws WorkerError conflict, not_found, forbidden. */
function choose(
  { store }: SendContext,
  id: number,
  { comments: wanted }: SendReviewInput,
  caller: Caller,
  carried: ReadonlyMap<number, CarriedComment>,
): Chosen {
  const all = store.reviewComments.ofTask(id);
  // What a person has not sent is a draft.
  const own = all.filter(({ byAgent }) => byAgent || !isAgent(caller));
  // One that was written meanwhile has its lines.
  const stateOf = (comment: ReviewComment) => reviewState(comment, carried.get(comment.id) ?? unknownPlace);
  const isUnsent = ({ state }: ReviewComment): boolean => state === "open";
  const open = own.filter((comment) => stateOf(comment) === "open");
  const outdated = own.filter((comment) => isUnsent(comment) && stateOf(comment) === "outdated").map((comment) => comment.id);
  if (wanted === undefined) {
    if (open.length > 0) return { chosen: open, outdated };
    const hint =
      outdated.length === 0
        ? `Write one: claude-worker review ${id}`
        : `The lines of ${outdated.map(commentName).join(", ")} have changed since. To send it all the same, open it again: claude-worker review ${id} --reopen ${commentName(outdated[0] ?? 0)}`;
    throw new WorkerError("conflict", `There is no open comment on task ${id}. ${hint}`);
  }
  for (const each of wanted) {
    const comment = all.find(({ id: number }) => number === each);
    if (comment === undefined) throw noComment({ taskId: id, commentId: each });
    if (!own.includes(comment))
      throw new WorkerError("forbidden", `Comment ${commentName(each)} was written by a person, so only a person sends it.`);
    const state = stateOf(comment);
    if (state !== "open")
      throw new WorkerError(
        "conflict",
        `Comment ${commentName(each)} is ${state}, so it is not sent. Open it again: claude-worker review ${id} --reopen ${commentName(each)}`,
      );
  }
  return { chosen: open.filter((comment) => wanted.includes(comment.id)), outdated: [] };
}
