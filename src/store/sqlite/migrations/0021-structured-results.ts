/** Answers in the form of a task's JSON Schema. */

export const structuredResults = {
  number: 21,
  name: "structured results",
  sql: `
ALTER TABLE task_texts ADD COLUMN structured_result TEXT; -- The last answer as \`json_schema\` asks for it: JSON. NULL: there is none.
`,
} as const;
