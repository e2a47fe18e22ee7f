/**
 * Defines what a person can be notified of, and which stored events and holds are such occurrences.
 * channel.ts says who wants them.
 */
import type { OutcomeKind } from "../attempt/outcome.ts";
import type { EventBody, TaskEvent } from "../events/event.ts";
import { waitsForPerson } from "../questions/policy.ts";

/** What a channel can ask for. */
export const notificationEvents = [
  "question",
  "completed",
  "failed",
  "held",
  "resumed",
  "budget",
  "verification_failed",
  "schedule",
  "digest",
] as const;
export type NotificationEvent = (typeof notificationEvents)[number];

/** What a delivery is about; `test` is asked for by a person. */
export type DeliveryEvent = NotificationEvent | "test";

/** What a channel without a choice of its own gets. */
export const defaultEvents: readonly NotificationEvent[] = ["question", "completed", "failed", "held", "resumed", "budget", "schedule"];

/** What says more than that a task failed. */
const exactMeanings: Readonly<
  Partial<
    Record<
      | OutcomeKind
      | "dependency_failed"
      | "missing_value"
      | "profile_unusable"
      | "workflow_stopped"
      | "condition_false"
      | "rejected"
      | "step_failed",
      NotificationEvent
    >
  >
> = {
  budget_exhausted: "budget",
  verification_failed: "verification_failed",
  protected_files_changed: "verification_failed",
};

/**
 * What a stored event of a task means, the most exact word first: a channel gets one message, under
 * the first word that it wants. Empty: it is not for people.
 */
export function meaningsOf(event: TaskEvent): readonly NotificationEvent[] {
  if (event.type === "question_asked") return waitsForPerson(event.data.deadline, event.at) ? ["question"] : [];
  // What it was before was said before.
  if (event.type !== "ended" || event.data.outcome === "unchanged") return [];
  if (event.data.status === "completed") return ["completed"];
  // Of a step that stands for failed tasks, their own ends are said.
  if (event.data.status !== "failed" || event.data.outcome === "dependency_failed") return [];
  const exact = exactMeanings[event.data.outcome];
  return exact === undefined ? ["failed"] : [exact, "failed"];
}

/** Whether the event answers a question, or ends the wait for an answer. */
export function answersQuestion(event: EventBody): boolean {
  return event.type === "question_answered";
}

/** The first of the meanings that is wanted; null: none is. */
export function wantedOf(meanings: readonly NotificationEvent[], wanted: readonly NotificationEvent[]): NotificationEvent | null {
  return meanings.find((meaning) => wanted.includes(meaning)) ?? null;
}
