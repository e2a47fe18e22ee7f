/** Stores the options of a task as JSON, so that a new option needs no column. */

export const taskOptions = {
  number: 14,
  name: "task-options",
  sql: `
ALTER TABLE tasks ADD COLUMN options TEXT NOT NULL DEFAULT '{"permissionMode":"acceptEdits"}' CHECK (json_type(options) = 'object' AND coalesce(options ->> '$.permissionMode', '') IN ('default', 'acceptEdits', 'plan', 'dontAsk', 'bypassPermissions')); -- JSON object: the options of its attempts that are not the default. The long ones are in task_texts.
UPDATE tasks SET options = json_patch('{}', json_object(
  'model', model,
  'permissionMode', permission_mode,
  'allow', json(nullif(allow, '[]')),
  'deny', json(nullif(deny, '[]')),
  'maxTurns', max_turns,
  'maxBudgetUsd', max_budget_usd,
  'timeoutMs', timeout_ms,
  'stallTimeoutMs', stall_timeout_ms,
  'backgroundGraceMs', background_grace_ms,
  'retries', nullif(retries, 0),
  'ignoreBrokenSettings', json(iif(ignore_broken_settings, 'true', NULL))
));
ALTER TABLE tasks DROP COLUMN model;
ALTER TABLE tasks DROP COLUMN permission_mode;
ALTER TABLE tasks DROP COLUMN allow;
ALTER TABLE tasks DROP COLUMN deny;
ALTER TABLE tasks DROP COLUMN max_turns;
ALTER TABLE tasks DROP COLUMN max_budget_usd;
ALTER TABLE tasks DROP COLUMN timeout_ms;
ALTER TABLE tasks DROP COLUMN stall_timeout_ms;
ALTER TABLE tasks DROP COLUMN background_grace_ms;
ALTER TABLE tasks DROP COLUMN retries;
ALTER TABLE tasks DROP COLUMN ignore_broken_settings;
ALTER TABLE tasks ADD COLUMN model TEXT GENERATED ALWAYS AS (options ->> '$.model') VIRTUAL; -- For the starting order, which leaves out the models that are held.
ALTER TABLE tasks ADD COLUMN max_budget_usd REAL GENERATED ALWAYS AS (options ->> '$.maxBudgetUsd') VIRTUAL; -- For the budget that a tree of tasks shares.

ALTER TABLE task_texts RENAME TO task_texts_before;
CREATE TABLE task_texts (
  -- The texts of a task that may be megabytes long, and its long options.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  options TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(options) AND json_type(options) = 'object'), -- JSON object: the options that may be long and are not the default.
  prompt TEXT NOT NULL, -- What Claude should do.
  result TEXT -- The last result's text.
) STRICT;
INSERT INTO task_texts (task_id, options, prompt, result)
  SELECT task_id, json_patch('{}', json_object('systemPrompt', system_prompt)), prompt, result FROM task_texts_before;
DROP TABLE task_texts_before;
`,
} as const;
