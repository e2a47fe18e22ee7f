/** The rows of a world at rest, and what its checks found. It checks nothing. */
import { rmSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { findDamagedPages, findDamage } from "../../src/store/sqlite/file/check.ts";
import type { Observer } from "./observer.ts";

/** Sentences about what is broken; all of them must stay empty. */
export interface Findings {
  /** Acknowledged tasks that are gone, did not end, or ended otherwise than they should. */
  readonly lost: string[];
  /** Tasks, events or finished steps that are there more than once. */
  readonly duplicated: string[];
  /** Processes of tasks that have ended. */
  readonly orphans: string[];
  /** Everything else: gaps, limits, damage, servers that died by themselves. */
  readonly broken: string[];
}

export interface Counts {
  readonly tasks: number;
  readonly events: number;
  readonly attempts: number;
  readonly resumed: number;
  /**
   * Steps that ran again because they were cut before their result was known: the one thing that is
   * allowed.
   */
  readonly repeatedInFlight: number;
  /** Questions that were answered, and messages that were delivered. */
  readonly answered: number;
  readonly delivered: number;
  /** Answers that a button or a reply in a chat gave, and notifications that the receiver has. */
  readonly byPhone: number;
  readonly notified: number;
  /** Tasks that run after others, of them those that are skipped now, and revivals. */
  readonly dependent: number;
  readonly skipped: number;
  readonly revived: number;
  /** Tasks with a lock or in a group with a limit. */
  readonly inLanes: number;
  /** Runs of workflows, and their tasks. */
  readonly flows: number;
  readonly inFlows: number;
  /** Due times of schedules that have a row. */
  readonly fired: number;
}

export interface AttemptRow {
  readonly id: number;
  readonly task_id: number;
  readonly number: number;
  readonly runner_id: string;
  readonly resume: number;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly outcome: string | null;
}

export interface EventRow {
  readonly id: number;
  readonly task_id: number;
  readonly seq: number;
  readonly attempt_id: number | null;
  readonly type: string;
  readonly data: string;
}

export interface TaskRow {
  readonly id: number;
  readonly name: string | null;
  readonly status: string;
  readonly error: string | null;
  readonly result: string | null;
  readonly last_seq: number;
  readonly session_id: string | null;
  readonly group_name: string;
  readonly locks: string;
  /** JSON object. */
  readonly labels: string;
  readonly prompt: string;
}

/** A task of a run of a workflow. */
export interface StepRow {
  readonly task_id: number;
  readonly workflow_id: number;
  readonly key: string;
  readonly kind: string;
  readonly parent: string | null;
  readonly is_expanded: number;
  readonly status: string;
}

export interface FlowRow {
  readonly id: number;
  readonly name: string;
  readonly status: string;
}

/** What became of a due time, with the name of its schedule. */
export interface OccurrenceRow {
  readonly name: string;
  readonly kind: string;
  readonly due_at: number;
  readonly state: string;
  readonly reason: string | null;
  readonly task_id: number | null;
  readonly workflow_id: number | null;
}

export interface ScheduleRow {
  readonly name: string;
  readonly next_due_at: number | null;
}

export interface QuestionRow {
  readonly id: number;
  readonly key: string;
  readonly task_id: number;
  readonly tool: string;
  readonly tool_use_id: string | null;
  readonly agent_id: string | null;
  readonly input: string;
  readonly input_hash: string;
  readonly status: string;
  readonly answer: string | null;
  readonly answered_by: string | null;
}

export interface MessageRow {
  readonly id: number;
  readonly task_id: number;
  readonly key: string;
  readonly status: string;
}

export interface WorkspaceRow {
  readonly task_id: number;
  readonly kind: string;
  readonly state: string | null;
  readonly path: string;
  readonly branch: string | null;
}

export interface CheckpointRow {
  readonly task_id: number;
  readonly ref: string;
  readonly commit_id: string;
}

export interface DeliveryRow {
  readonly channel: string;
  readonly message_id: string;
  readonly task_id: number | null;
  readonly occurrence: string;
  readonly state: string;
}

/** A task that runs after another one. */
export interface Edge {
  readonly task_id: number;
  readonly needs_id: number;
  readonly condition: string;
}

export interface Snapshot {
  readonly tasks: readonly TaskRow[];
  readonly attempts: readonly AttemptRow[];
  readonly events: readonly EventRow[];
  readonly questions: readonly QuestionRow[];
  readonly messages: readonly MessageRow[];
  readonly workspaces: readonly WorkspaceRow[];
  readonly checkpoints: readonly CheckpointRow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly dependencies: readonly Edge[];
  readonly steps: readonly StepRow[];
  readonly flows: readonly FlowRow[];
  readonly schedules: readonly ScheduleRow[];
  readonly occurrences: readonly OccurrenceRow[];
  readonly damage: readonly string[];
}

/** Reads a copy, so that nothing moves between two reads. */
export function snapshot(directory: string, observer: Observer): Snapshot {
  const file = path.join(directory, "copy.db");
  rmSync(file, { force: true });
  observer.copyTo(file);
  const copy = new Database(file, { readonly: true });
  const all = <Row>(sql: string): Row[] => copy.prepare<[], Row>(sql).all();
  try {
    return {
      tasks: all(
        "SELECT id, name, status, error, result, last_seq, session_id, group_name, locks, labels, prompt FROM tasks JOIN task_texts ON task_id = id",
      ),
      attempts: all("SELECT * FROM attempts ORDER BY id"),
      events: all("SELECT * FROM events ORDER BY task_id, seq"),
      questions: all("SELECT * FROM questions ORDER BY id"),
      messages: all("SELECT * FROM messages ORDER BY id"),
      workspaces: all("SELECT * FROM workspaces ORDER BY task_id"),
      checkpoints: all("SELECT * FROM checkpoints ORDER BY task_id, number"),
      deliveries: all(
        "SELECT name AS channel, message_id, task_id, occurrence, state FROM notification_deliveries JOIN notification_channels ON notification_channels.id = channel_id",
      ),
      dependencies: all("SELECT task_id, needs_id, condition FROM dependencies ORDER BY task_id, needs_id"),
      steps: all("SELECT task_id, workflow_id, key, kind, parent, is_expanded, status FROM workflow_tasks ORDER BY task_id"),
      flows: all("SELECT id, name, status FROM workflows ORDER BY id"),
      schedules: all("SELECT name, next_due_at FROM schedules ORDER BY id"),
      occurrences: all(
        "SELECT name, kind, due_at, state, reason, task_id, workflow_id FROM schedule_occurrences JOIN schedules ON schedules.id = schedule_id ORDER BY schedule_occurrences.id",
      ),
      damage: [...findDamagedPages(copy, file), ...findDamage(copy, file)],
    };
  } finally {
    copy.close();
  }
}
