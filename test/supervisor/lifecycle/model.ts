/**
 * A small picture of tasks, attempts, questions and messages in memory, beside the real store. It
 * has no commands: those change both.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import path from "node:path";
import type { Caller } from "../../../src/contract/caller.ts";
import type { DeliveryWay, MessageStatus } from "../../../src/domain/messages/message.ts";
import type { QuestionStatus } from "../../../src/domain/questions/question.ts";
import type { DependencyCondition, DependencyState } from "../../../src/domain/order/dependency.ts";
import type { TaskStatus } from "../../../src/domain/task/task.ts";
import type { SubmitContext } from "../../../src/operations/tasks/submit-task.ts";
import type { Store } from "../../../src/store/store.ts";
import type { Ingest } from "../../../src/supervisor/ingest.ts";

export type Result = "none" | "success" | "limit" | "error";

export interface ModelQuestion {
  /** As the store numbers it; 0: only a journal has it. */
  id: number;
  readonly key: string;
  /** The call that asked last. */
  call: string;
  session: string;
  status: QuestionStatus;
  answer: "allow" | "deny" | null;
  byDefault: boolean;
  applied: boolean;
  /** Claude continued without its answer: it counts for no later attempt. */
  isVoid: boolean;
  deadline: number;
}

export interface ModelMessage {
  readonly id: number;
  readonly key: string;
  readonly delivery: DeliveryWay;
  status: MessageStatus;
  attemptId: number | null;
  continues: boolean;
}

/** A record of a journal: the text that the store shows of it, and what its ingest does. */
interface Line {
  readonly text: string | null;
  readonly apply: () => void;
}

export interface ModelAttempt {
  readonly id: number;
  readonly session: string;
  readonly lines: Line[];
  ingested: number;
  result: Result;
  torn: boolean;
  parks: boolean;
  progressed: boolean;
  /** Questions that its runner has asked and that have no result. */
  readonly asks: Set<ModelQuestion>;
  /** Questions of earlier attempts that it was given at its start. */
  readonly known: ModelQuestion[];
  /** Answers and messages that its runner has. */
  readonly has: Set<ModelQuestion | ModelMessage>;
  /** Messages that it may have had when its task began to wait. */
  readonly mayHave: Set<ModelMessage>;
  /** Messages that Claude Code has reported as delivered, and of those the ones that are done. */
  readonly said: Set<ModelMessage>;
  readonly heard: Set<ModelMessage>;
}

/** A task that another one runs after. */
export interface ModelNeed {
  readonly task: number;
  readonly on: DependencyCondition;
  state: DependencyState;
}

export interface ModelTask {
  status: TaskStatus;
  open: ModelAttempt | null;
  session: string | null;
  /** The ids of the model's messages of all sessions that the store knows, by their number. */
  readonly turns: string[];
  /** The conversation that each new session begins with; a fork's. */
  readonly begins: readonly string[];
  readonly past: ModelAttempt[];
  readonly questions: ModelQuestion[];
  readonly messages: ModelMessage[];
  readonly late: "deny" | "fail";
  readonly needs: ModelNeed[];
  stashed: boolean;
  notBefore: number | null;
  /** Whether it waits for its next try until `notBefore`. */
  isRetry: boolean;
  group: string;
  locks: string[];
  cancelRequested: boolean;
  poison: number;
  endings: number;
}

export interface Model {
  readonly tasks: ModelTask[];
  /**
   * The ids of the model's messages in each session: those that Claude Code has, and those that
   * rewinds have chosen.
   */
  readonly sessions: Map<string, string[]>;
  /** How many sessions have begun with a copy of turns. */
  copies: number;
  /** How many tasks were skipped, revived, run all the same, and how many claims refused. */
  skipped: number;
  revived: number;
  waived: number;
  refusedClaims: number;
  attempts: number;
  /** Questions in the store, in journals, and messages in the store. */
  questions: number;
  keys: number;
  messages: number;
  held: boolean;
  /** The groups that were set. */
  readonly groups: Map<string, { readonly limit: number | null; readonly isPaused: boolean }>;
  now: number;
}

/** The server's side of an open attempt. */
export interface Follower {
  readonly ingest: Ingest;
  /** Gives the runner what it lacks, and returns the keys. */
  pass(): { answers: string[]; messages: string[] };
  stop(): void;
}

export interface Real {
  store: Store;
  /** Servers that were taken over and do not know it. */
  readonly stale: Store[];
  readonly directory: string;
  /** What the present server follows. */
  readonly following: Map<number, Follower>;
  contextOf(store: Store, now: number): SubmitContext;
}

export const emptyModel = (): Model => ({
  tasks: [],
  sessions: new Map(),
  copies: 0,
  skipped: 0,
  revived: 0,
  waived: 0,
  refusedClaims: 0,
  attempts: 0,
  questions: 0,
  keys: 0,
  messages: 0,
  held: false,
  groups: new Map(),
  now: 1_800_000_000_000,
});

type NewOrder = Pick<ModelTask, "needs" | "stashed" | "notBefore" | "group" | "locks">;

export const newTask = (late: ModelTask["late"], order: NewOrder, begins: readonly string[] = []): ModelTask => {
  const lists = { past: [], questions: [], messages: [], turns: [], begins };
  const counts = { poison: 0, endings: 0 };
  return { status: "pending", open: null, session: null, ...lists, late, ...order, isRetry: false, cancelRequested: false, ...counts };
};

export const caller: Caller = { scope: "admin", name: "socket" };

/** How long a question waits. */
export const answerWithinMs = 20_000;

/** What a command does to one task, and to the model and the store. */
export interface Turn {
  readonly task: ModelTask;
  readonly id: number;
  readonly model: Model;
  readonly real: Real;
  /** Uniform enough to pick one of a few. */
  readonly pick: number;
  /** A large number, for what `pick` is too small for. */
  readonly more: number;
}

export function unapplied({ questions }: ModelTask): ModelQuestion[] {
  return questions.filter(({ id, applied, status }) => id > 0 && !applied && /^(open|answered|expired)$/.test(status));
}

export const openOf = (task: ModelTask): ModelQuestion[] => unapplied(task).filter(({ status }) => status === "open");

export const openMessages = ({ messages }: ModelTask): ModelMessage[] =>
  messages.filter(({ status }) => status === "queued" || status === "delivered");

/** A runner that still works: it has no result, and its last line is whole. */
export function isWorking({ open }: ModelTask): boolean {
  return open !== null && open.lines.length > 0 && open.result === "none" && !open.torn;
}

export function journalOf({ directory }: Pick<Real, "directory">, id: number): string {
  return path.join(directory, `task_${id}_raw.log`);
}

/** Writes a record of the open attempt. @param text what the store shows of it; null: nothing. */
export function write({ task, id, model, real }: Turn, record: object, text: string | null = null, apply: () => void = () => {}): void {
  const { open } = task;
  assert.ok(open);
  open.lines.push({ text, apply });
  const stamp = { _n: open.lines.length, _attempt: open.id, _at: new Date(model.now).toISOString() };
  // A runner that finds a torn line closes it first.
  appendFileSync(journalOf(real, id), `${open.torn ? "\n" : ""}${JSON.stringify({ ...record, ...stamp })}\n`);
  open.torn = false;
}

export function resultOf(call: string, text: string): object {
  return { type: "user", message: { content: [{ type: "tool_result", tool_use_id: call, content: text }] } };
}
