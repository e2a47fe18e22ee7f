/** Adds the channels of notifications and the outbox. */

export const notifications = {
  number: 17,
  name: "notifications",
  sql: `
CREATE TABLE notification_channels (
  -- Where people are notified.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  name TEXT NOT NULL UNIQUE, -- A person's word for it.
  kind TEXT NOT NULL, -- How it sends: webhook …
  target TEXT NOT NULL CHECK (json_valid(target)), -- JSON object, by kind: where it sends to.
  secret TEXT, -- What it signs or signs in with. No door shows it.
  events TEXT NOT NULL CHECK (json_valid(events)), -- JSON array: what it wants to be sent.
  allow_private INTEGER NOT NULL CHECK (allow_private IN (0, 1)), -- Whether it may send to private addresses.
  rules TEXT NOT NULL CHECK (json_valid(rules)), -- JSON object: labels, quiet hours, digest, escalation.
  created_at INTEGER NOT NULL -- When it was added.
) STRICT;

CREATE TABLE notification_deliveries (
  -- The outbox: one message to one channel, written in the commit of what it is about.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  channel_id INTEGER NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE, -- The channel.
  message_id TEXT NOT NULL, -- The same at each try, so that receivers recognise it.
  event TEXT NOT NULL, -- What it is about: completed, failed, held …
  is_escalation INTEGER NOT NULL DEFAULT 0 CHECK (is_escalation IN (0, 1)), -- Whether it repeats a question that has no answer yet.
  task_id INTEGER, -- The task, or NULL. No reference: it is sent also after the task was removed.
  occurrence TEXT NOT NULL, -- Which of such events: the event's number in its task, or the moment of the hold.
  content TEXT NOT NULL CHECK (json_valid(content)), -- JSON object: what there is to say.
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead', 'merged')), -- dead: not tried any more. merged: another message says it, too.
  tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0), -- Tries that began.
  occurred_at INTEGER NOT NULL, -- When it happened.
  next_try_at INTEGER NOT NULL, -- Not tried before this moment.
  ended_at INTEGER, -- When it was delivered or given up.
  last_error TEXT, -- Why the last try failed.
  merged_into INTEGER, -- The delivery whose message says this, too. NULL: it is a message of its own.
  CHECK ((state = 'pending') = (ended_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX notification_deliveries_once ON notification_deliveries (channel_id, coalesce(task_id, 0), event, occurrence, is_escalation);
CREATE INDEX notification_deliveries_due ON notification_deliveries (next_try_at, channel_id) WHERE state = 'pending';
CREATE INDEX notification_deliveries_merged ON notification_deliveries (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX notification_deliveries_ended ON notification_deliveries (ended_at) WHERE ended_at IS NOT NULL;
`,
} as const;
