/** Adds which tasks were submitted together: they start one after another at first (decision 41). */

export const batches = {
  number: 59,
  name: "batches",
  sql: `
ALTER TABLE tasks ADD COLUMN batch INTEGER; -- The number of the first task of the batch that it was submitted in. NULL: it was submitted alone.
`,
} as const;
