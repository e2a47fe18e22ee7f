/** Lets people answer questions from the channels that they are notified by. */

export const channelAnswers = {
  number: 20,
  name: "channel-answers",
  sql: `
ALTER TABLE notification_channels ADD COLUMN answers TEXT NOT NULL DEFAULT 'none' CHECK (answers IN ('none', 'content', 'permissions')); -- Which questions may be answered through it.
ALTER TABLE notification_channels ADD COLUMN answer_from TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(answer_from)); -- JSON array: the users of the chat whose answers count.
ALTER TABLE notification_channels ADD COLUMN added_token INTEGER; -- The token of who added it. NULL: the server's owner. No reference: the token may be removed.
ALTER TABLE notification_channels ADD COLUMN read_position TEXT CHECK (json_valid(read_position)); -- JSON object: up to where answers were read. NULL: none were.

CREATE TABLE channel_asks (
  -- Messages that ask a question which may be answered in their channel.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  channel_id INTEGER NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE, -- The channel.
  question_id INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE, -- The question.
  delivery_id INTEGER NOT NULL UNIQUE, -- The delivery that is the message. No reference: it is forgotten earlier.
  code TEXT NOT NULL UNIQUE, -- What an answer names the message by. It is a secret of those who got the message.
  options TEXT NOT NULL CHECK (json_valid(options)), -- JSON array: the answers that the message offers.
  ref TEXT, -- The chat's name of the message. NULL: it has none, or is not sent yet.
  asked_at INTEGER NOT NULL, -- When it was written.
  closed_at INTEGER -- When the message was changed after the question's end, or that was given up. NULL: not yet.
) STRICT;
CREATE INDEX channel_asks_open ON channel_asks (channel_id) WHERE closed_at IS NULL;
CREATE INDEX channel_asks_question ON channel_asks (question_id);
CREATE INDEX channel_asks_ref ON channel_asks (channel_id, ref) WHERE ref IS NOT NULL;
`,
} as const;
