/** Adds which runs of verify commands were made before Claude began. */

export const verifyBaselines = {
  number: 33,
  name: "verify_baselines",
  sql: `
ALTER TABLE verifications ADD COLUMN is_baseline INTEGER NOT NULL DEFAULT 0; -- 1: it ran before Claude began.
`,
} as const;
