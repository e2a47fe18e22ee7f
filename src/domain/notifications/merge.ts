/** Joins deliveries of one channel that go out as one message. */
import type { ChannelKind } from "./channel.ts";
import type { Content, DigestCounts } from "./content.ts";
import type { Delivery } from "./delivery.ts";
import type { DeliveryEvent } from "./notification.ts";

/** Programs get each event; people get one message for what happened to one task meanwhile. */
export function mergesTasks(kind: ChannelKind): boolean {
  return kind !== "webhook" && kind !== "command";
}

type Part = Pick<Delivery, "event" | "content">;

/** @param parts in the order in which they happened; at least one. */
export function merged(parts: readonly [Part, ...Part[]]): { readonly event: DeliveryEvent; readonly content: Content } {
  const [first] = parts;
  if (first.event === "digest") return { event: "digest", content: digestOf(parts.map(({ content }) => content)) };
  const { event, content } = parts.at(-1) ?? first;
  const questions = parts.filter((part) => part.event === "question").map((part) => part.content);
  if (event !== "question" || questions.length < 2 || content.task === null) return { event, content };
  const text = [...new Set(questions.flatMap((each) => each.text.split("\n")))].join("\n");
  return { event, content: { ...content, text, title: `Task ${content.task.id} asks ${questions.length} questions` } };
}

const mostLines = 20;

function digestOf(contents: readonly Content[]): Content {
  const of = (accept: (content: Content) => boolean): Content[] => contents.filter(accept);
  const questions = of(({ question }) => question !== null);
  const failed = of(({ question, task }) => question === null && task?.status === "failed");
  const holds = of(({ hold }) => hold !== null);
  const schedules = of(({ question, task, hold, budget }) => [question, task, hold, budget ?? null].every((part) => part === null));
  const completed = of(({ question, task }) => question === null && task !== null && task.status !== "failed");
  const budgets = of(({ budget }) => budget !== undefined);
  const counts: DigestCounts = {
    completed: completed.length,
    failed: failed.length,
    questions: questions.length,
    holds: holds.length,
    ...(budgets.length === 0 ? {} : { budgets: budgets.length }),
    ...(schedules.length === 0 ? {} : { schedules: schedules.length }),
  };
  const lines = [...questions, ...failed, ...schedules, ...holds, ...budgets, ...completed].map(lineOf);
  const more = lines.length - mostLines;
  return {
    title: `Digest: ${countsText(counts)}`,
    text: [...lines.slice(0, mostLines), ...(more > 0 ? [`and ${more} more`] : [])].join("\n"),
    task: null,
    hold: null,
    question: null,
    digest: counts,
  };
}

function lineOf({ title, text }: Content): string {
  const [first = ""] = text.split("\n");
  return first === "" ? title : `${title}: ${first}`;
}

function countsText({ completed, failed, questions, holds, budgets = 0, schedules = 0 }: DigestCounts): string {
  const parts = [
    [completed, "completed"],
    [failed, "failed"],
    [questions, questions === 1 ? "question" : "questions"],
    [schedules, schedules === 1 ? "run of a schedule not submitted" : "runs of schedules not submitted"],
    [holds, holds === 1 ? "change of holds" : "changes of holds"],
    [budgets, budgets === 1 ? "budget" : "budgets"],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}
