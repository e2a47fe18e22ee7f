/**
 * Examples of calls: a body with the required fields filled in, and a curl command that a reader
 * can paste and change.
 */
import type { Json } from "./json.ts";

interface Called {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
}

type Schemas = Readonly<Record<string, Json>>;

const address = "http://127.0.0.1:8000";

/** A curl command for an operation. */
export function exampleOf({ operationId, method, path, requestBody }: Called, schemas: Schemas): string {
  const schema = requestBody?.content["application/json"]?.schema;
  const words = ["curl", ...(method === "get" ? [] : ["-X", method.toUpperCase()]), '-H "Authorization: Bearer $TOKEN"'];
  const json = schema === undefined ? "" : JSON.stringify(exampleBody(operationId, schema, schemas)).replaceAll("'", String.raw`'\''`);
  const body = schema === undefined ? "" : ` \\\n  -H "Content-Type: application/json" -d '${json}'`;
  return `${words.join(" ")} ${address}${path
    .replace("{id}", "1")
    .replace("{comment}", "1")
    .replace(/\{(?:name|schedule)\}/, "nightly")
    .replace("{template}", "review")
    .replace("{workflow}", "1")}${body}`;
}

/** A body that the operation accepts: its required fields, with values that make sense. */
export function exampleBody(operationId: string, schema: Json, schemas: Schemas): unknown {
  return { ...(valueOf(schema, schemas) as object), ...operationSamples[operationId] };
}

/** What stands for a field, by its name. */
const samples: Readonly<Record<string, unknown>> = {
  prompt: "Write a haiku into haiku.txt",
  working_directory: "/home/me/project",
  directory: "/home/me/project",
  file: "/home/me/backups/tasks.db",
  older_than_ms: 30 * 24 * 60 * 60 * 1000,
  name: "ci",
  scope: "submit",
  priority: 5,
  to: 1,
  checkpoint: 1,
};

/**
 * Operations whose fields are all optional, or that ask for more than their schema says: a
 * machine's task has to stand alone.
 */
const operationSamples: Readonly<Record<string, object>> = {
  landTasks: { tasks: [1], into: "main" },
  setGroup: { limit: 2 },
  createSession: { code: "JtB1m7WfWv0cPsvlLqKkKqk3xq1xk6Rr1mJ2zE8a1bY" },
  setBudget: { limit_usd: 20 },
  moveTask: { to: "front" },
  runWorkflow: { file: '{"tasks":{"build":{"prompt":"Build it"}}}', working_directory: "/home/me/project" },
  validateWorkflow: { file: '{"tasks":{"build":{"prompt":"Build it"}}}' },
  addTemplate: { name: "review", prompt: "Review {{ vars.branch }}", defaults: { branch: "main" } },
  updateTemplate: { defaults: { branch: "next" } },
  runTemplate: { working_directory: "/home/me/project", vars: { branch: "main" } },
  addReviewComments: { comments: [{ path: "src/dates/parse.ts", line: 12, body: "Use the existing helper" }] },
  changeReviewComment: { body: "Use the helper in src/text" },
  sendReview: { message: "Keep the tests as they are" },
  sendMessage: { text: "Now write the tests too" },
  answerQuestion: { decision: "deny", message: "not on staging" },
  addChannel: { name: "ops", kind: "webhook", url: "http://127.0.0.1:8080/hook", allow_private: true },
  addSchedule: {
    name: "nightly",
    cron: "0 2 * * 1-5",
    time_zone: "Europe/Berlin",
    task: { prompt: "Triage the new issues", working_directory: "/home/me/project" },
  },
  updateSchedule: { paused: true },
  updateChannel: { quiet_hours: { from: "22:00", to: "07:00" } },
  retryTask: { allow: ["Bash(git push)"] },
  submitMachineTask: {
    system_prompt: "You are a careful maintainer of a TypeScript library. Do not change files outside of src/dates/ and its tests.",
    prompt:
      "In src/dates/parse.ts, parseDate() accepts 31 February and returns 3 March. It must throw a RangeError that names the given text. " +
      "Add tests to test/dates/parse.test.ts for impossible days in every month, leap years included. Done means: npm test passes.",
  },
};

function valueOf(schema: Json, schemas: Schemas): unknown {
  const ref = schema["$ref"];
  if (typeof ref === "string") return valueOf(schemas[ref.slice(ref.lastIndexOf("/") + 1)] ?? {}, schemas);
  if (schema["type"] === "array") return [valueOf((schema["items"] ?? {}) as Json, schemas)];
  const properties = (schema["properties"] ?? {}) as Record<string, Json>;
  const required = (schema["required"] ?? []) as string[];
  // A change has no required field, and without any field it would change nothing.
  const names = required.length > 0 ? required : Object.keys(properties).filter((name) => name === "priority");
  return Object.fromEntries(names.map((name) => [name, samples[name] ?? valueOf(properties[name] ?? {}, schemas)]));
}
