/**
 * The API's document as a page for people: plain HTML without a script, made of the OpenAPI
 * document and nothing else.
 */
import { escapeMarkup } from "../../domain/text/escape-markup.ts";
import { exampleOf } from "./document-example.ts";
import type { Json } from "./json.ts";

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<Record<string, Json>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

/** @param document as `openApiDocument` makes it. */
export function documentPage(document: Json): string {
  const { info, tags, components } = document as {
    info: Record<string, string>;
    tags: { name: string; description: string }[];
    components: { schemas: Record<string, Json> };
  };
  const operations = operationsOf(document);
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter((operation) => operation.tags.includes(name));
    return `<section><h2 id="${id(name)}">${text(name)}</h2><p>${prose(description)}</p>${own.map((each) => operationHtml(each, components.schemas)).join("")}</section>`;
  });
  const schemas = Object.entries(components.schemas).map(([name, schema]) => shapeHtml(name, schema));
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${text(info["title"] ?? "")} API</title><link rel="stylesheet" href="/docs/style.css"></head><body>`,
    `<nav aria-label="Contents"><ul>${tags.map(({ name }) => navHtml(name, operations)).join("")}<li><a href="#shapes">Shapes</a></li></ul></nav>`,
    `<main><h1>${text(info["title"] ?? "")} API <small>${text(info["version"] ?? "")}</small></h1><p>${prose(info["description"] ?? "")}</p>${introduction}`,
    ...sections,
    `<section><h2 id="shapes">Shapes</h2>${schemas.join("")}</section></main></body></html>\n`,
  ].join("\n");
}

const introduction = `
<p>For programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1; it needs the token).</p>
<h2 id="first-steps">First steps</h2>
<pre><code># On the server's machine the unix socket needs no token:
curl --unix-socket ~/.claude-worker/run/server.sock http://localhost/api/v1/server

# Over TCP the token does it:
TOKEN=$(cat ~/.claude-worker/token)
curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v1/tasks \\
  -H "Content-Type: application/json" -H "Idempotency-Key: $(uuidgen)" \\
  -d '{"prompt": "Write a haiku into haiku.txt", "working_directory": "/home/me/project"}'

# Watch task 1 until its end:
curl -N -H "Authorization: Bearer $TOKEN" -H "Accept: text/event-stream" http://127.0.0.1:8000/api/v1/tasks/1/events</code></pre>
<p>TypeScript programs take <code>claude-worker/client</code> instead: <code>submit</code>, <code>events</code>, <code>wait</code> and the rest, typed, with reconnection.</p>`;

function navHtml(tag: string, operations: readonly Operation[]): string {
  const own = operations.filter(({ tags }) => tags.includes(tag));
  const links = own.map(({ operationId, summary }) => `<li><a href="#op-${id(operationId)}">${text(summary)}</a></li>`);
  return `<li><a href="#${id(tag)}">${text(tag)}</a><ul>${links.join("")}</ul></li>`;
}

function operationHtml(operation: Operation, schemas: Readonly<Record<string, Json>>): string {
  const { method, path, operationId, summary, description, parameters, requestBody, responses } = operation;
  const body = requestBody?.content["application/json"]?.schema;
  return [
    `<article><h3 id="op-${id(operationId)}">${text(summary)}</h3>`,
    `<p class="call"><b class="${text(method)}">${text(method.toUpperCase())}</b> <code>${text(path)}</code></p>`,
    ...description.split("\n\n").map((part) => `<p>${prose(part)}</p>`),
    parameters.length === 0 ? "" : `<h4>Parameters</h4>${tableHtml(parameters.map(parameterRow))}`,
    body === undefined ? "" : `<h4>Body</h4>${fieldsHtml(body)}`,
    `<h4>Answers</h4>${tableHtml(answerRows(responses))}`,
    `<h4>Example</h4><pre><code>${text(exampleOf(operation, schemas))}</code></pre></article>`,
  ].join("");
}

function parameterRow({ name, in: place, required, description = "", schema }: Parameter): string[] {
  return [`<code>${text(name)}</code>`, `${text(place)}${required ? ", required" : ""}`, typeHtml(schema), prose(description)];
}

/** One row per answer, one for all problems together. */
function answerRows(responses: Operation["responses"]): string[][] {
  const answers = Object.entries(responses);
  const problems = answers.filter(([, response]) => response["$ref"] !== undefined).map(([status]) => status);
  const others = answers.filter(([, response]) => response["$ref"] === undefined);
  return [
    ...others.map(([status, response]) => answerRow(status, response)),
    [problems.join(", "), '<a href="#schema-problem">Problem</a>', "See its <code>code</code> and <code>detail</code>."],
  ];
}

function answerRow(status: string, response: Json): string[] {
  const content = (response["content"] ?? {}) as Record<string, { schema: Json }>;
  const types = Object.entries(content).map(([type, { schema }]) =>
    type === "application/json" ? typeHtml(schema) : `<code>${text(type)}</code>`,
  );
  return [text(status), types.join(" or ") || "no body", prose(String(response["description"] ?? ""))];
}

function shapeHtml(name: string, schema: Json): string {
  const [sample] = (schema["examples"] ?? []) as unknown[];
  return [
    `<h3 id="schema-${id(name)}">${text(name)}</h3>`,
    schema["description"] === undefined ? "" : `<p>${prose(String(schema["description"]))}</p>`,
    fieldsHtml(schema),
    sample === undefined ? "" : `<pre><code>${text(JSON.stringify(sample, null, 2))}</code></pre>`,
  ].join("");
}

/** The fields of an object, or the name of a shape that stands elsewhere. */
function fieldsHtml(schema: Json): string {
  const properties = schema["properties"] as Record<string, Json> | undefined;
  if (properties === undefined) return `<p>${typeHtml(schema)}</p>`;
  const required = new Set((schema["required"] ?? []) as string[]);
  const rows = Object.entries(properties).map(([name, field]) => {
    const byDefault = field["default"] === undefined ? "" : ` Default: <code>${text(JSON.stringify(field["default"]))}</code>.`;
    return [
      `<code>${text(name)}</code>`,
      required.has(name) ? "required" : "",
      typeHtml(field),
      prose(String(field["description"] ?? "")) + byDefault,
    ];
  });
  return tableHtml(rows);
}

function typeHtml(schema: Json): string {
  const ref = schema["$ref"];
  if (typeof ref === "string") {
    const name = ref.slice(ref.lastIndexOf("/") + 1);
    return `<a href="#schema-${id(name)}">${text(name)}</a>`;
  }
  const choices = (schema["anyOf"] ?? schema["oneOf"]) as Json[] | undefined;
  if (choices !== undefined) return choices.map(typeHtml).join(" or ");
  if (Array.isArray(schema["enum"])) return schema["enum"].map((each) => `<code>${text(JSON.stringify(each))}</code>`).join(", ");
  if (schema["const"] !== undefined) return `<code>${text(JSON.stringify(schema["const"]))}</code>`;
  if (schema["type"] === "array") return `list of ${typeHtml((schema["items"] ?? {}) as Json)}`;
  const type = [schema["type"] ?? "any"].flat().join(" or ");
  return (
    text(schema["format"] === undefined || schema["format"] === "int64" ? type : `${type} (${String(schema["format"])})`) +
    rangeText(schema)
  );
}

function rangeText({ minimum, maximum, maxLength }: Json): string {
  if (typeof minimum === "number" && typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER) return ` ${minimum} to ${maximum}`;
  return typeof maxLength === "number" ? `, at most ${maxLength} characters` : "";
}

function tableHtml(rows: readonly (readonly string[])[]): string {
  return `<table>${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("")}</table>`;
}

function operationsOf(document: Json): Operation[] {
  const paths = document["paths"] as Record<string, Record<string, Omit<Operation, "path" | "method">>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
  );
}

/** Escapes; `code` between backticks becomes code. */
function prose(words: string): string {
  return text(words).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function text(words: string): string {
  return escapeMarkup(words).replaceAll('"', "&quot;");
}

function id(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
