/**
 * `npm run docs` writes the generated parts of the documentation from the source; with `--check` it
 * writes nothing and exits 1, naming the stale pages. A generated part stands between two comments
 * that carry its name. What the parts say is scripts/docs/'s business.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { agentEnvironmentTable } from "./docs/agent-environment-table.ts";
import { apiOperations, apiProblems } from "./docs/api-tables.ts";
import { commandReference } from "./docs/command-reference.ts";
import { configurationTable, pathTable } from "./docs/configuration-table.ts";
import { databaseSchema } from "./docs/database-schema.ts";
import { eventReference } from "./docs/event-reference.ts";
import { replacePart } from "./docs/generated-part.ts";
import { taskOptionsTable } from "./docs/task-options-table.ts";
import { transitionTable } from "./docs/transition-table.ts";
import { workflowSchema } from "./docs/workflow-schema.ts";

interface Part {
  readonly page: string;
  readonly name: string;
  readonly make: () => string | Promise<string>;
}

const parts: readonly Part[] = [
  { page: "docs/user-guide/cli-reference.md", name: "commands", make: commandReference },
  { page: "docs/user-guide/task-submission.md", name: "options", make: taskOptionsTable },
  { page: "docs/administration/configuration.md", name: "settings", make: configurationTable },
  { page: "docs/administration/configuration.md", name: "paths", make: pathTable },
  { page: "docs/administration/security.md", name: "agent-environment", make: agentEnvironmentTable },
  { page: "docs/api.md", name: "operations", make: apiOperations },
  { page: "docs/api.md", name: "problems", make: apiProblems },
  { page: "docs/events.md", name: "events", make: eventReference },
  { page: "docs/concepts/database-schema.md", name: "schema", make: databaseSchema },
  { page: "docs/concepts/lifecycle.md", name: "transitions", make: transitionTable },
];

const stale = new Set<string>();
for (const { page, name, make } of parts) {
  const file = fileURLToPath(new URL(`../${page}`, import.meta.url));
  const before = readFileSync(file, "utf8");
  const after = replacePart(before, name, await make());
  if (after === before) continue;
  stale.add(page);
  if (!process.argv.includes("--check")) writeFileSync(file, after);
}
// A file of its own: editors read it.
const schema = fileURLToPath(new URL("../docs/workflow.schema.json", import.meta.url));
const schemaText = workflowSchema();
if (!existsSync(schema) || readFileSync(schema, "utf8") !== schemaText) {
  stale.add("docs/workflow.schema.json");
  if (!process.argv.includes("--check")) writeFileSync(schema, schemaText);
}
for (const page of stale)
  console.log(process.argv.includes("--check") ? `${page} is stale. Write it again: npm run docs` : `${page} written`);
if (stale.size > 0 && process.argv.includes("--check")) process.exitCode = 1;
