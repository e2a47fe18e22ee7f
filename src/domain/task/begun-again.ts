/** What a task forgets of its earlier attempts when it begins again after its end. */
import { isTerminal } from "./status.ts";
import type { Task } from "./task.ts";

/** Counters, back-off, error and attention. Costs, turns and the story stay. */
export const begunAgain = {
  notBefore: null,
  notBeforeReason: null,
  stashedAt: null,
  answeredAt: null,
  cancelRequestedAt: null,
  poisonCount: 0,
  setbacks: 0,
  cutCall: null,
  retriesSpent: 0,
  refusals: 0,
  refusal: null,
  refusedAt: null,
  verifyFailures: 0,
  keeping: null,
  error: null,
  earlierEnd: null,
  attention: null,
} as const satisfies Partial<Task>;

/** The same where a message continues the task. What it was is kept for messages without work. */
export function continued({ status, error, attention }: Pick<Task, "status" | "error" | "attention">): Partial<Task> {
  return { ...begunAgain, resumable: true, earlierEnd: isTerminal(status) && status !== "skipped" ? { status, error, attention } : null };
}
