/**
 * Stores the messages of channels that ask a question, and up to where the answers of channels were
 * read.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import type { ReadPosition } from "../../domain/notifications/arrived-answer.ts";
import type { Writing } from "./group-commit.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";

/** A message that asks a question, and takes its answer. Times are UTC milliseconds. */
export interface Ask {
  readonly id: number;
  readonly channelId: number;
  readonly questionId: number;
  readonly deliveryId: number;
  /** What an answer names the message by. */
  readonly code: string;
  /** The labels that the message offers. */
  readonly options: readonly string[];
  /** Whether it shows all of the question. */
  readonly isWhole: boolean;
  /** The chat's name of the message; null: it has none, or it is not sent yet. */
  readonly ref: string | null;
  readonly askedAt: number;
  readonly closedAt: number | null;
}

export type NewAsk = Omit<Ask, "id" | "ref" | "closedAt">;

export interface AskStore {
  /** Inside `write`. A delivery keeps the row that it has, with what this try shows. */
  open(ask: NewAsk): Ask;
  ofCode(code: string): Ask | null;
  ofRef(channelId: number, ref: string): Ask | null;
  /**
   * Inside `write`. The message was sent, and the chat calls it so. One that was closed before it
   * had a name is closed again.
   */
  sent(deliveryId: number, ref: string): void;
  /** The channels with messages that are not closed. */
  waitingChannels(): number[];
  /** When the oldest message that is not closed was written; null: there is none. */
  oldestWaiting(channelId: number): number | null;
  /**
   * Messages that are not closed although their question is not open any more.
   * @param taskIds null: of all tasks.
   */
  finished(taskIds: Iterable<number> | null): Ask[];
  /** Inside `write`. */
  close(id: number, now: number): void;
  /** Null: nothing was read yet. */
  positionOf(channelId: number): ReadPosition | null;
  /** Inside `write`. */
  setPosition(channelId: number, position: ReadPosition): void;
}

const row = defineRow<Ask>({
  id: "plain",
  channelId: "plain",
  questionId: "plain",
  deliveryId: "plain",
  code: "plain",
  options: "json",
  isWhole: "flag",
  ref: "plain",
  askedAt: "plain",
  closedAt: "plain",
});

export function createAskStore(database: Database.Database, writing: Writing): AskStore {
  const select = `SELECT ${row.select} FROM channel_asks`;
  const insert = database.prepare(
    `INSERT INTO channel_asks (channel_id, question_id, delivery_id, code, options, is_whole, asked_at)
     VALUES (@channelId, @questionId, @deliveryId, @code, @options, @isWhole, @askedAt)
     ON CONFLICT (delivery_id) DO UPDATE SET options = excluded.options, is_whole = excluded.is_whole`,
  );
  const selectDelivery = database.prepare<[number]>(`${select} WHERE delivery_id = ?`);
  const selectCode = database.prepare<[string]>(`${select} WHERE code = ?`);
  const selectRef = database.prepare<[number, string]>(`${select} WHERE channel_id = ? AND ref = ? ORDER BY id DESC LIMIT 1`);
  const setRef = prepareReturning(
    database,
    "UPDATE channel_asks SET ref = @ref, closed_at = iif(ref IS NULL, NULL, closed_at) WHERE delivery_id = @deliveryId RETURNING question_id AS questionId",
  );
  const selectTask = database.prepare<[number], number>("SELECT task_id FROM questions WHERE id = ?").pluck();
  const selectWaiting = database
    .prepare<[], number>(
      `SELECT id FROM notification_channels WHERE answers <> 'none'
         AND EXISTS (SELECT 1 FROM channel_asks INDEXED BY channel_asks_open WHERE channel_id = notification_channels.id AND closed_at IS NULL)
       ORDER BY id`,
    )
    .pluck();
  const selectOldest = database
    .prepare<[number], number | null>("SELECT min(asked_at) FROM channel_asks WHERE channel_id = ? AND closed_at IS NULL")
    .pluck();
  const finished = `FROM channel_asks JOIN questions ON questions.id = channel_asks.question_id
     WHERE channel_asks.closed_at IS NULL AND questions.status <> 'open'`;
  const selectFinished = database.prepare<[], number>(`SELECT channel_asks.id ${finished} ORDER BY channel_asks.id`).pluck();
  const selectFinishedOf = database
    .prepare<[string], number>(
      `SELECT channel_asks.id ${finished} AND questions.task_id IN (SELECT value FROM json_each(?)) ORDER BY channel_asks.id`,
    )
    .pluck();
  const selectId = database.prepare<[number]>(`${select} WHERE id = ?`);
  const setClosed = database.prepare("UPDATE channel_asks SET closed_at = @now WHERE id = @id AND closed_at IS NULL");
  const selectPosition = database.prepare<[number], string | null>("SELECT read_position FROM notification_channels WHERE id = ?").pluck();
  const updatePosition = database.prepare("UPDATE notification_channels SET read_position = @position WHERE id = @channelId");
  const askOf = (found: unknown): Ask | null => (found === undefined ? null : row.decode(found));
  return {
    open: (ask) => {
      writing.mustBeInside();
      insert.run({ ...ask, options: row.encode("options", ask.options), isWhole: row.encode("isWhole", ask.isWhole) });
      const stored = askOf(selectDelivery.get(ask.deliveryId));
      if (stored === null) throw new WorkerError("internal", `The message of delivery ${ask.deliveryId} was not kept.`);
      return stored;
    },
    ofCode: (code) => askOf(selectCode.get(code)),
    ofRef: (channelId, ref) => askOf(selectRef.get(channelId, ref)),
    sent: (deliveryId, ref) => {
      writing.mustBeInside();
      const { questionId } = (setRef({ deliveryId, ref }) ?? {}) as { questionId?: number };
      const taskId = questionId === undefined ? undefined : selectTask.get(questionId);
      // The service that closes messages looks at it after this commit.
      if (taskId !== undefined) writing.touch(taskId);
    },
    waitingChannels: () => selectWaiting.all(),
    oldestWaiting: (channelId) => selectOldest.get(channelId) ?? null,
    finished: (taskIds) => {
      const ids = taskIds === null ? selectFinished.all() : selectFinishedOf.all(JSON.stringify([...taskIds]));
      return ids.flatMap((id) => askOf(selectId.get(id)) ?? []);
    },
    close: (id, now) => {
      writing.mustBeInside();
      setClosed.run({ id, now });
    },
    positionOf: (channelId) => {
      const text = selectPosition.get(channelId);
      return text == null ? null : (JSON.parse(text) as ReadPosition);
    },
    setPosition: (channelId, position) => {
      writing.mustBeInside();
      updatePosition.run({ channelId, position: JSON.stringify(position) });
    },
  };
}
