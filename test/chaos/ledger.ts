/** What the servers of a chaos run have said yes to. */
import type { DeliveryWay } from "../../src/domain/messages/message.ts";
import type { PlannedFlow, PlannedSchedule } from "./plan-flows.ts";
import type { PlannedTask } from "./plan.ts";

export interface Acknowledged {
  readonly id: number;
  readonly name: string;
  readonly planned: PlannedTask;
  /** Where its steps leave their numbers, each with the id of its runner. */
  readonly file: string;
  /** The number of its first step. */
  readonly first: number;
  /** The task whose conversation it began with; null: it is no fork. */
  readonly forkOf: number | null;
  /** Before this moment (UTC ms) it must not start; null: it may start at once. */
  readonly notBefore: number | null;
  /** Whether the server has said yes to a cancel. */
  cancelled: boolean;
  /** Messages that the server has stored. */
  readonly said: Said[];
}

/** A message that a server has stored. */
export interface Said {
  readonly id: number;
  readonly key: string;
  readonly way: DeliveryWay;
  /** Words that no other message has. */
  readonly token: string;
  /** The step that it asks for; null: none. */
  readonly step: number | null;
  /** Whether a server has said yes to its unsend; null: what becomes of it was not known yet. */
  isUnsent: boolean | null;
}

/** An answer that a server has taken. */
export interface Given {
  readonly question: number;
  readonly decision: "allow" | "deny";
  /** Words that Claude must read; null: none. */
  readonly words: string | null;
}

/** A pause of a group: from the answer to it until it was about to be lifted, UTC ms. */
export interface Paused {
  readonly group: string;
  readonly from: number;
  readonly to: number;
}

/** A run of a workflow that a server has stored. */
export interface AcknowledgedFlow {
  readonly id: number;
  readonly name: string;
  readonly planned: PlannedFlow;
  /** Whether the server has said yes to a cancel. */
  isCancelled: boolean;
  /** Whether a retry was asked for, once nothing was in the way of what fails once. */
  isRetried: boolean;
}

/** A schedule that a server has stored. */
export interface AcknowledgedSchedule {
  readonly name: string;
  /** Null: it is due each minute. */
  readonly planned: PlannedSchedule | null;
  /** Manual runs that a server has said yes to. */
  manualRuns: number;
}

/** A limit of the budget: it counts at the earliest from this moment on (UTC ms). */
export interface GivenBudget {
  readonly limitUsd: number;
  readonly from: number;
}

/** A prompt of a task that a server has changed: it ends with these words. */
export interface Edited {
  readonly task: number;
  readonly words: string;
}

export interface Ledger {
  readonly tasks: Acknowledged[];
  readonly given: Given[];
  readonly pauses: Paused[];
  readonly flows: AcknowledgedFlow[];
  readonly schedules: AcknowledgedSchedule[];
  readonly budgets: GivenBudget[];
  readonly edits: Edited[];
}

export const emptyLedger = (): Ledger => ({ tasks: [], given: [], pauses: [], flows: [], schedules: [], budgets: [], edits: [] });
