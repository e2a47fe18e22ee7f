/**
 * Writes the API's document (OpenAPI 3.1) from the same rows that route and parse requests, so that
 * both always agree. Loaded with the first request for the document, to keep an idle server small.
 */
import type { Json } from "./json.ts";
import { z } from "zod";
import { answersOf } from "../../contract/operations/operation.ts";
import type { AnswerShape } from "../../contract/operations/operation.ts";
import { taskView } from "../../contract/views/task.ts";
import { exampleBody } from "./document-example.ts";
import { namedShapes } from "./named-shapes.ts";
import { problemDescriptions, problemResponses } from "./openapi-problems.ts";
import type { Route } from "../request/route.ts";

const tags = [
  ["Browser sessions", "Browsers that a person signed in."],
  ["Budgets", "How much may be spent in a day, week or month."],
  ["Events", "The steps of tasks, as pages and as streams."],
  ["Groups", "How many tasks of a group run at once, and whether they start."],
  ["Holds", "Reasons why nothing may start now."],
  ["Logs", "The log files of tasks."],
  ["Maintenance", "Care for the stored tasks: backup, check, prune."],
  ["Messages", "What people and programs say to a task after its prompt."],
  ["Notifications", "Channels that people are notified through, and what was sent."],
  ["Questions", "What tasks need from a person, the answers, and the permission rules that answers have made."],
  ["Review", "Comments on lines of what tasks changed."],
  ["Schedules", "What is submitted again and again, or at a time, and what became of each time."],
  ["Server", "The server itself."],
  ["Tasks", "Work for Claude Code: submitted once, durable at once, run in the background."],
  ["Templates", "Stored prompts with variables, and the options of their tasks."],
  ["Tokens", "Access for programs."],
  ["Trust", "Directories in which tasks may run."],
  ["Workflows", "Runs of files with tasks that depend on each other."],
  ["Workspaces", "Where tasks work, and the snapshots of their files."],
] as const;

/** @param version of the server. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const schemas = componentSchemas();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const place = (paths[route.path] ??= {});
    place[route.method.toLowerCase()] = operationOf(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Claude Worker",
      version,
      summary: "Runs Claude Code tasks in the background and loses none of them.",
      description:
        "Over TCP every request but `GET /health` needs a token (`Authorization: Bearer …`); over the server's unix socket none. " +
        "Errors are problem documents (RFC 9457) with a stable `code`. Times are RFC 3339 in UTC, money is US dollars, durations are milliseconds.",
      license: { name: "MIT", identifier: "MIT" },
      contact: { name: "Claude Worker's maintainers", url: "https://www.npmjs.com/package/claude-worker" },
    },
    servers: [
      { url: "/", description: "The server that serves this document: a local one, for its owner's programs.", "x-internal": true },
    ],
    security: [{ token: [] }],
    tags: tags.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The server's own token (a file on its machine), or one made with `POST /api/v1/tokens`.",
        },
      },
      responses: problemResponses(),
      schemas,
    },
  };
}

function operationOf(route: Route, schemas: Record<string, Json>): Json {
  const needs = route.access === "open" ? "Open to everybody." : `Needs the scope \`${route.access}\`.`;
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, needs].filter((part) => part !== undefined).join("\n\n"),
    ...(route.access === "open" ? { security: [] } : {}),
    parameters: parametersOf(route),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.bodyOptional !== true,
            content: {
              "application/json": { schema: schemaOf(route.body, "input"), example: exampleFor(route.name, route.body, schemas) },
            },
          },
        }),
    responses: {
      ...Object.fromEntries(Object.entries(answersOf(route)).map(([status, shape]) => [status, responseOf(Number(status), shape, route)])),
      ...problemDescriptions(route),
    },
  };
}

function exampleFor(name: string, body: z.ZodType, schemas: Record<string, Json>): unknown {
  return exampleBody(name, schemaOf(body, "input"), schemas);
}

function responseOf(status: number, shape: AnswerShape, route: Route): Json {
  const headers: Json = {};
  if (status === 201 && route.path.endsWith("/tasks")) headers["Location"] = headerOf("Address of the task.");
  if ((status === 200 || status === 201) && shape.schema === taskView) headers["ETag"] = headerOf("Changes whenever the task changes.");
  const content: Json = {};
  if (shape.schema !== null) content["application/json"] = { schema: schemaOf(shape.schema, "output") };
  for (const type of shape.mediaTypes ?? []) content[type] = { schema: { type: "string" } };
  return {
    description: shape.description,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
}

function headerOf(description: string): Json {
  return { description, schema: { type: "string" } };
}

function parametersOf(route: Route): Json[] {
  return [
    ...fieldsOf(route.params).map(({ name, schema }) => ({ name, in: "path", required: true, ...described(schema) })),
    ...fieldsOf(route.query).map(({ name, schema, required }) => ({ name, in: "query", required, ...described(schema) })),
    ...(route.headers ?? []).map(({ name, description }) => ({
      name,
      in: "header",
      required: false,
      description,
      schema: { type: "string", maxLength: 1024 },
    })),
  ];
}

/** A parameter's description stands beside its schema. */
function described({ description, ...schema }: Json): Json {
  return description === undefined ? { schema } : { description, schema };
}

function fieldsOf(schema: z.ZodType | undefined): { name: string; schema: Json; required: boolean }[] {
  if (schema === undefined) return [];
  const properties = (schemaOf(schema, "output")["properties"] ?? {}) as Record<string, Json>;
  const required = (schemaOf(schema, "input")["required"] ?? []) as string[];
  return Object.entries(properties).map(([name, field]) => ({ name, schema: field, required: required.includes(name) }));
}

function componentSchemas(): Record<string, Json> {
  return Object.fromEntries(
    [...namedShapes].map(([schema, name]) => [name, jsonSchema(schema, isInput(name) ? "input" : "output", schema)]),
  );
}

function isInput(name: string): boolean {
  return name.endsWith("Input") || name === "TaskChange";
}

/** A reference where the document names the shape, the shape itself elsewhere. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const name = namedShapes.get(schema);
  return name === undefined ? jsonSchema(schema, io, null) : reference(name);
}

/** @param whole the shape that is being written down itself, not as a reference. */
function jsonSchema(schema: z.ZodType, io: "input" | "output", whole: z.ZodType | null): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io,
    override({ zodSchema, jsonSchema: written }) {
      const inner = zodSchema as unknown as z.ZodType;
      // A format says what zod's own pattern for it says, and can be read.
      if (written.format !== undefined) delete written.pattern;
      if (written.type === "integer") written.format = "int64";
      nameProperties(written);
      nameChoices(written, inner);
      const name = namedShapes.get(inner);
      if (name === undefined || inner === whole) return;
      for (const key of Object.keys(written)) delete written[key as keyof typeof written];
      Object.assign(written, reference(name));
    },
  }) as Json;
  return json;
}

/** A choice of named shapes says by which property, and which value means which shape. */
function nameChoices(written: z.core.JSONSchema.BaseSchema, schema: z.ZodType): void {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return;
  const { discriminator: propertyName, options } = schema.def;
  const values = (options as z.ZodObject<Record<string, z.ZodLiteral<string>>>[]).map((option) => {
    return [option.shape[propertyName]?.value ?? "", `#/components/schemas/${namedShapes.get(option)}`];
  });
  written["discriminator"] = { propertyName, mapping: Object.fromEntries(values) };
}

/** A record whose keys are an enumeration is an object with these properties. */
function nameProperties(written: z.core.JSONSchema.BaseSchema): void {
  const keys = typeof written.propertyNames === "object" ? (written.propertyNames.enum ?? []) : [];
  if (keys.length === 0 || written.additionalProperties === undefined) return;
  written.properties = Object.fromEntries(keys.map((key) => [String(key), written.additionalProperties ?? {}]));
  written.additionalProperties = false;
  delete written.propertyNames;
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
