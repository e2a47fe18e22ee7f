/**
 * Answers a question from the channel that it was sent to. The right is the channel's, and is
 * checked when the answer comes. See docs/decisions/0017.
 */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import { mayAnswer } from "../../domain/notifications/channel-answers.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import { checkedAnswer } from "../../domain/questions/check-answer.ts";
import type { GivenAnswer } from "../../domain/questions/check-answer.ts";
import type { Question } from "../../domain/questions/question.ts";
import type { Store } from "../../store/store.ts";
import type { RightsContext } from "../rights/task-rights.ts";
import { answerWithin, requireQuestion } from "./answer-question.ts";

/**
 * Inside `write`. The caller has checked who answers.
 * @throws WorkerError like `answerWithin`; forbidden: the channel is gone or may not give this
 * answer, or the token that added it is not valid any more.
 */
export function answerFromChannel(
  context: RightsContext,
  { channelId, questionId, given }: { readonly channelId: number; readonly questionId: number; readonly given: GivenAnswer },
  now: number,
): Question {
  const { store } = context;
  const question = requireQuestion(store, questionId);
  const channel = requireChannelAnswer(store, channelId, question, now);
  // What does not fit, or comes too late, is said by `answerWithin`.
  if (question.status === "open" && checkedAnswer(question, given).rule !== undefined)
    throw forbidden(`A channel makes no rule for a directory. ${elsewhere(question)}`);
  return answerWithin(context, questionId, given, callerOf(channel), now);
}

/**
 * The channel, which may answer such a question now.
 * @throws WorkerError forbidden.
 */
export function requireChannelAnswer(store: Store, channelId: number, question: Question, now: number): Channel {
  const channel = store.notifications.channel(channelId);
  if (channel === null) throw forbidden(`The channel of this message was removed, so it answers nothing any more. ${elsewhere(question)}`);
  if (!mayAnswer(channel.answers, question))
    throw forbidden(`The channel "${channel.name}" may not answer a question of this kind. ${elsewhere(question)}`);
  requireToken(store, channel, now);
  return channel;
}

function elsewhere({ id }: Question): string {
  return `Answer it with: claude-worker answer q${id}`;
}

/** The name of the channel's answers. */
export function callerNameOf({ name }: Pick<Channel, "name">): string {
  return `channel:${name}`;
}

/** Channels are added with the admin scope, which is what their answers have. */
function callerOf({ name, addedToken }: Channel): Caller {
  return { scope: "admin", name: callerNameOf({ name }), ...(addedToken === null ? {} : { tokenId: addedToken }) };
}

function requireToken(store: Store, { name, addedToken }: Channel, now: number): void {
  if (addedToken === null) return;
  const token = store.tokens.list().find(({ id }) => id === addedToken);
  if (token !== undefined && (token.expiresAt === null || token.expiresAt > now)) return;
  const what = token === undefined ? "was removed" : "has expired";
  throw forbidden(`The token that added the channel "${name}" ${what}, so the channel answers nothing any more. Add the channel again.`);
}

function forbidden(message: string): WorkerError {
  return new WorkerError("forbidden", message);
}
