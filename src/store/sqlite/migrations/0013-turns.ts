/** Adds the model's messages of each task, which are counted as its turns. */

export const turns = {
  number: 13,
  name: "turns",
  sql: `
CREATE TABLE turns (
  -- The model's messages on a task's main thread: each is one turn. tasks.num_turns is their number.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  message_id TEXT NOT NULL, -- The message's id, as the model's API gave it.
  number INTEGER NOT NULL CHECK (number > 0), -- 1, 2, 3 … within the task.
  PRIMARY KEY (task_id, message_id)
) STRICT, WITHOUT ROWID;
`,
} as const;
