/** Says what a channel needs so that answers can come through it, and whose answers count. */
import type { ChannelAnswers } from "./channel-answers.ts";
import { formOf, isNtfyTopic, ntfyParts, slackTokens } from "./channel.ts";
import type { ChannelForm, ChannelKind, ChannelTarget } from "./channel.ts";
import type { NotificationEvent } from "./notification.ts";

export interface GivenAnswering {
  readonly answers: ChannelAnswers;
  /** Undefined: the person that the chat is with. */
  readonly answerFrom: readonly string[] | undefined;
  readonly target: ChannelTarget;
  readonly secret: string | null;
  readonly events: readonly NotificationEvent[];
  /** Whether messages can carry links that answer. */
  readonly hasLinks: boolean;
}

/** What is wrong: a field of the input, and a sentence. */
export interface AnsweringProblem {
  readonly field: "answers" | "answer_from" | "answers_topic" | "chat" | "events" | "secret" | "url";
  readonly message: string;
}

interface Rules {
  /** About a channel that is to take answers. */
  problem(given: GivenAnswering): AnsweringProblem | null;
  /** Whose answers count when no user is named. */
  usual(target: ChannelTarget): readonly string[];
}

const rules: Readonly<Partial<Record<ChannelForm, Rules>>> = {
  telegram: {
    problem: ({ target: { chat = "" }, answerFrom }) => {
      if (!isNumber(chat)) return about("chat", "Answers need the number of the chat, not a name. Give it with --telegram.");
      const wrong = answerFrom?.find((user) => !/^\d{1,20}$/.test(user));
      if (wrong !== undefined) return about("answer_from", `"${wrong}" is not the number of a user of Telegram.`);
      const isGroup = chat.startsWith("-");
      return isGroup && (answerFrom ?? []).length === 0
        ? about("answer_from", "The chat is a group. Say whose answers count, by the numbers of the users: --answer-from 123456789")
        : null;
    },
    // A person's chat with the bot has the number of the person.
    usual: ({ chat = "" }) => [chat],
  },
  ntfy: {
    problem: ({ target: { url = "", answersTopic = "" }, secret, answerFrom }) => {
      const { topic = "" } = ntfyParts(url) ?? {};
      if (answerFrom !== undefined) return about("answer_from", "ntfy does not say who answers: who can read the topic can. Leave it out.");
      if (!isNtfyTopic(answersTopic) || answersTopic === topic)
        return about("answers_topic", "The topic of answers must be another topic of the same server, of letters, digits, - and _.");
      return secret === null && topic.length < shortestTopic
        ? about(
            "url",
            `Who guesses the topic could answer. Choose one of at least ${shortestTopic} characters, or give a token (--secret-file).`,
          )
        : null;
    },
    usual: () => [],
  },
  slack_app: {
    problem: ({ answerFrom = [], secret }) => {
      const wrong = answerFrom.find((user) => !/^[UW][A-Z0-9]{5,40}$/.test(user));
      if (wrong !== undefined) return about("answer_from", `"${wrong}" is not the id of a member of Slack, like U0123ABCDEF.`);
      if (answerFrom.length === 0)
        return about("answer_from", "Say whose answers count, by the ids of the members: --answer-from U0123ABCDEF");
      return slackTokens(secret ?? "")?.app == null
        ? about("secret", "Answers come by the app's own token. Put it beside that of the bot, on a line of its own: xapp-…")
        : null;
    },
    usual: () => [],
  },
};

/** A topic that has to keep a secret. */
const shortestTopic = 20;

/** Channels whose answers are read. The others only have links. */
const answering = "telegram, ntfy, slack with an app (--slack-app)";

/** What keeps the channel from taking answers; null: nothing, or it takes none. */
export function answeringProblem(kind: ChannelKind, given: GivenAnswering): AnsweringProblem | null {
  if (kind !== "ntfy" && given.target.answersTopic !== undefined)
    return about("answers_topic", "A topic of answers belongs to --ntfy. Leave it out.");
  if (given.answers === "none" && given.target.answersTopic !== undefined)
    return about("answers_topic", "A topic of answers has a meaning only with --answers. Leave it out.");
  if (given.answers === "none")
    return given.answerFrom === undefined
      ? null
      : about("answer_from", "Whose answers count has a meaning only with --answers. Leave it out.");
  const found = rules[formOf({ kind, target: given.target })];
  if (found === undefined && (kind === "desktop" || !given.hasLinks)) return about("answers", withoutLinks(kind));
  if (!given.events.includes("question"))
    return about("events", "Only questions are answered, and this channel does not get any. Add question to its events (--on).");
  if (found !== undefined) return found.problem(given);
  return given.answerFrom === undefined
    ? null
    : about("answer_from", `A channel of the kind ${kind} does not say who answers: who has the link can. Leave --answer-from out.`);
}

function withoutLinks(kind: ChannelKind): string {
  const others = `These kinds take them in the chat: ${answering}.`;
  if (kind === "desktop") return `The desktop takes no answers. ${others}`;
  return `A channel of the kind ${kind} takes answers by links only, which need an address for them: claude-worker config set public_url https://… ${others}`;
}

/** Whose answers count when no user is named. */
export function usualAnswerers(kind: ChannelKind, target: ChannelTarget): readonly string[] {
  return rules[formOf({ kind, target })]?.usual(target) ?? [];
}

/** The users whose answers count. */
export function answerersOf(
  kind: ChannelKind,
  { answers, answerFrom, target }: Omit<GivenAnswering, "events" | "hasLinks" | "secret">,
): readonly string[] {
  if (answers === "none") return [];
  return [...new Set(answerFrom ?? usualAnswerers(kind, target))];
}

function isNumber(chat: string): boolean {
  return /^-?\d{1,20}$/.test(chat);
}

function about(field: AnsweringProblem["field"], message: string): AnsweringProblem {
  return { field, message };
}
