/** Adds the values that the expressions of prompts name, and the prompts as they were filled in. */

export const filledPrompts = {
  number: 45,
  name: "filled-prompts",
  sql: `
CREATE TABLE filled_prompts (
  -- Prompts with expressions, which are filled in when their tasks start.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  literal_from INTEGER, -- Nothing is filled in from this character of the prompt on. NULL: all of it counts.
  given TEXT NOT NULL CHECK (json_valid(given)), -- JSON object: inputs, vars, matrix, and the tasks behind the names of needs.
  rendered TEXT, -- The prompt that Claude gets. NULL: the task has not begun.
  has_mention INTEGER NOT NULL DEFAULT 0 -- 1: an agent's text in it has an @, which must name no file.
) STRICT;
`,
} as const;
