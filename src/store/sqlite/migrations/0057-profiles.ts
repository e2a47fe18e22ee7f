/** Adds the profile of tasks to the starting order: holds of an account concern its profiles only. */

export const profiles = {
  number: 57,
  name: "profiles",
  sql: `
ALTER TABLE tasks ADD COLUMN profile TEXT GENERATED ALWAYS AS (options ->> '$.profile') VIRTUAL; -- For the starting order: the credentials that it runs with. NULL: those of the server.
CREATE INDEX tasks_of_profiles ON tasks (profile) WHERE status = 'pending' AND profile IS NOT NULL;
`,
} as const;
