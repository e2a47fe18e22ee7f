/** Lets due times of schedules lead to runs of workflows. */

export const scheduledWorkflows = {
  number: 54,
  name: "scheduled-workflows",
  sql: `
ALTER TABLE schedule_occurrences ADD COLUMN workflow_id INTEGER REFERENCES workflows (id) ON DELETE SET NULL; -- Its run of a workflow. NULL: it has none, or the run was removed.
CREATE INDEX schedule_occurrences_of_workflow ON schedule_occurrences (workflow_id) WHERE workflow_id IS NOT NULL;
DROP INDEX schedule_occurrences_bare;
CREATE INDEX schedule_occurrences_bare ON schedule_occurrences (schedule_id, id) WHERE task_id IS NULL AND workflow_id IS NULL;
`,
} as const;
