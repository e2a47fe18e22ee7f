/** A curl command for an operation, with the body's required fields filled in: what a reader can paste and change. */
import type { Json } from "./openapi.ts";

interface Called {
  readonly method: string;
  readonly path: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
}

const address = "http://127.0.0.1:8000";

export function exampleOf({ method, path, requestBody }: Called, schemas: Readonly<Record<string, Json>>): string {
  const schema = requestBody?.content["application/json"]?.schema;
  const words = ["curl", ...(method === "get" ? [] : ["-X", method.toUpperCase()]), '-H "Authorization: Bearer $TOKEN"'];
  const body = schema === undefined ? "" : ` \\\n  -H "Content-Type: application/json" -d '${JSON.stringify(valueOf(schema, schemas))}'`;
  return `${words.join(" ")} ${address}${path.replace("{id}", "1")}${body}`;
}

/** What stands for a field, by its name. */
const samples: Readonly<Record<string, unknown>> = {
  prompt: "Write a haiku into haiku.txt",
  working_directory: "/home/me/project",
  directory: "/home/me/project",
  name: "ci",
  scope: "submit",
  priority: 5,
};

function valueOf(schema: Json, schemas: Readonly<Record<string, Json>>): unknown {
  const ref = schema["$ref"];
  if (typeof ref === "string") return valueOf(schemas[ref.slice(ref.lastIndexOf("/") + 1)] ?? {}, schemas);
  if (schema["type"] === "array") return [valueOf((schema["items"] ?? {}) as Json, schemas)];
  const properties = (schema["properties"] ?? {}) as Record<string, Json>;
  const required = (schema["required"] ?? []) as string[];
  // A change has no required field, and is none without any.
  const names = required.length > 0 ? required : Object.keys(properties).filter((name) => name === "priority");
  return Object.fromEntries(names.map((name) => [name, samples[name] ?? valueOf(properties[name] ?? {}, schemas)]));
}
