/** The bytes of the images that go with a task's prompt. */

export const attachments = {
  number: 15,
  name: "attachments",
  sql: `
CREATE TABLE task_attachments (
  -- Images that go with a task's prompt. Names and kinds are in tasks.options.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  number INTEGER NOT NULL CHECK (number >= 1), -- 1, 2, 3 …: its place in the list.
  data BLOB NOT NULL, -- The image.
  PRIMARY KEY (task_id, number)
) STRICT;
`,
} as const;
