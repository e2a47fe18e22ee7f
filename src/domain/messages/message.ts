/** Defines messages: what a person or a program says to a task after its prompt. */

/**
 * `queued`: Claude Code does not have it. `delivered`: it is part of the conversation. `done`: the
 * turn that took it has ended. `cancelled`: it was taken back before it was delivered.
 */
export const messageStatuses = ["queued", "delivered", "done", "cancelled"] as const;
export type MessageStatus = (typeof messageStatuses)[number];

/**
 * How a running task gets a message. `next`: at the next step of its turn. `after_turn`: as a turn
 * of its own. `now`: the turn is interrupted, and the message replaces it. `dismiss`: it denies the
 * open questions, and is their reason.
 */
export const deliveryWays = ["next", "after_turn", "now", "dismiss"] as const;
export type DeliveryWay = (typeof deliveryWays)[number];

/** Longest text of a message, in characters. */
export const maxMessageCharacters = 100_000;

/** A message as its runner gets it. */
export interface SentMessage {
  /** A UUID: names it in the session, in the journal and between server and runner. */
  readonly key: string;
  readonly text: string;
  /**
   * Whether it continues a task that had ended: Claude Code does not first continue a turn that was
   * cut off.
   */
  readonly continues: boolean;
  readonly delivery: DeliveryWay;
}

export interface Message extends SentMessage {
  readonly id: number;
  readonly taskId: number;
  readonly status: MessageStatus;
  /** The newest attempt that was given it; null: none. */
  readonly attemptId: number | null;
  /** The attempt whose runner had it when its task began to wait; null: none. */
  readonly passedTo: number | null;
  /** Who sent it: `socket` for the server's user, else the name of a token. */
  readonly sentBy: string;
  /** Claude Code takes an agent's text as text alone. */
  readonly byAgent: boolean;
  readonly queuedAt: number;
  readonly deliveredAt: number | null;
  /** When it was done or cancelled. */
  readonly endedAt: number | null;
  /**
   * What Claude Code answered itself, without the model: the message was one of its commands, or a
   * hook refused it. null: Claude has read the message, or will.
   */
  readonly note: string | null;
}
