/**
 * What a notification says, as it is stored beside the event. The sender cleans it and takes
 * secrets out; see src/notifications/message.ts.
 */
import type { Attention } from "../attempt/attention.ts";
import type { EventBody } from "../events/event.ts";
import { budgetName, budgetWords, dollars } from "../order/budget.ts";
import type { BudgetState } from "../order/budget.ts";
import type { Hold } from "../order/hold.ts";
import { utcMinute } from "../text/utc-minute.ts";
import type { Task } from "../task/task.ts";
import type { DeliveryEvent, NotificationEvent } from "./notification.ts";

export type NotifiedTask = Pick<Task, "id" | "name" | "title" | "status" | "labels" | "error" | "attention">;

export interface NotifiedHold {
  readonly kind: string;
  readonly message: string;
  readonly until: number | null;
}

export interface NotifiedQuestion {
  readonly id: number | null;
  readonly kind: string | null;
  readonly tool: string | null;
}

export interface Content {
  /** One line. */
  readonly title: string;
  /** A few lines; empty when the title says all. */
  readonly text: string;
  readonly task: Pick<NotifiedTask, "id" | "name" | "title" | "status" | "labels"> | null;
  readonly hold: NotifiedHold | null;
  readonly question: NotifiedQuestion | null;
  /** Of a digest. */
  readonly digest?: DigestCounts;
  /** Of a budget that is nearly spent, or spent. */
  readonly budget?: NotifiedBudget;
}

export interface NotifiedBudget {
  /** `group:nightly:day`. */
  readonly name: string;
  readonly level: "near" | "spent";
  readonly spentUsd: number;
  readonly limitUsd: number;
  readonly isHard: boolean;
  /** UTC ms: when it opens. */
  readonly until: number;
}

export interface DigestCounts {
  readonly completed: number;
  readonly failed: number;
  readonly questions: number;
  readonly holds: number;
  readonly budgets?: number;
  /** Runs of schedules that could not be submitted. Absent: none. */
  readonly schedules?: number;
}

/** @param event the event of the task that is reported. */
export function contentOfTask(meaning: NotificationEvent, task: NotifiedTask, event: EventBody): Content {
  const { id, name, title, status, labels } = task;
  const base = { task: { id, name, title, status, labels }, hold: null, question: null };
  if (event.type === "question_asked") {
    const { question: number, kind, tool, text, deadline } = event.data;
    const how = `Answer${deadline === undefined ? "" : ` until ${utcMinute(deadline)}`}: claude-worker answer q${number}`;
    return { ...base, question: { id: number, kind, tool }, title: `Task ${id} asks`, text: lines(named(task), text, how) };
  }
  if (meaning === "completed") {
    return { ...base, title: `Task ${id} completed`, text: lines(named(task), attentionLine(task.attention)) };
  }
  const why = whys[meaning] ?? "failed";
  return { ...base, title: `Task ${id} ${why}`, text: lines(named(task), task.error?.message ?? "") };
}

const whys: Readonly<Partial<Record<NotificationEvent, string>>> = {
  budget: "failed: its budget is spent",
  verification_failed: "failed: its verification did not pass",
};

export function contentOfHold(meaning: "held" | "resumed", { kind, message, until }: NotifiedHold | Hold): Content {
  const title = meaning === "held" ? "Tasks are held" : "Tasks start again";
  const text = meaning === "held" ? message : `The hold is over: ${message}`;
  return { title, text, task: null, hold: { kind, message, until }, question: null };
}

export function contentOfBudget(level: "near" | "spent", state: BudgetState): Content {
  const { spentUsd, limitUsd, isHard, endsAt } = state;
  const sums = `${dollars(spentUsd)} of ${dollars(limitUsd)}`;
  const until = utcMinute(new Date(endsAt).toISOString());
  const interrupts = isHard ? " What runs is interrupted, and continues then." : " What runs continues.";
  const text =
    level === "near"
      ? `${budgetWords(state)} is nearly spent: ${sums}.`
      : `${budgetWords(state)} is spent: ${sums}. Nothing of it starts until ${until}.${interrupts}`;
  const budget = { name: budgetName(state), level, spentUsd, limitUsd, isHard, until: endsAt };
  return {
    title: level === "near" ? "A budget is nearly spent" : "A budget is spent",
    text,
    task: null,
    hold: null,
    question: null,
    budget,
  };
}

/**
 * @param name of the schedule. @param pausedAfter after how many failures in a row it has paused
 * itself; null: it continues.
 */
export function contentOfSchedule(name: string, reason: string, pausedAfter: number | null): Content {
  const title = pausedAfter === null ? `Schedule ${name}: a run was not submitted` : `Schedule ${name} is paused`;
  const advice =
    pausedAfter === null ? "" : `It failed ${pausedAfter} times in a row. When that is fixed: claude-worker schedule resume ${name}`;
  return { title, text: lines(reason, advice), task: null, hold: null, question: null };
}

/** A question that has waited for a while. @param content of the question. */
export function contentOfEscalation(content: Content): Content {
  return { ...content, title: `Task ${content.task?.id ?? ""} still waits for an answer` };
}

/** The number of the question that an event of a task is about; null: it is about none. */
export function questionOf(event: EventBody): number | null {
  return event.type === "question_asked" || event.type === "question_answered" ? event.data.question : null;
}

export function contentOfTest(channel: string): Content {
  const text = `The channel "${channel}" works.`;
  return { title: "Test from Claude Worker", text, task: null, hold: null, question: null };
}

/** The type of a webhook's message: a subject and what happened to it. */
export function typeOf(event: DeliveryEvent, { task }: Pick<Content, "task">): string {
  if (event === "test") return "test";
  if (event === "held" || event === "resumed" || (event === "budget" && task === null)) return `queue.${event}`;
  if (event === "schedule") return "schedule.failed";
  return event === "digest" ? event : `task.${event}`;
}

function named({ name, title }: NotifiedTask): string {
  return name === null ? title : `${name}: ${title}`;
}

function attentionLine(attention: readonly Attention[] | null): string {
  if (attention === null || attention.length === 0) return "";
  return `Look at: ${attention.map(({ kind, count }) => `${kind} (${count})`).join(", ")}`;
}

function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part.trim() !== "").join("\n");
}
