/** Writes the reference of events from src/domain/events: each type, each field and a sample. */
import { agentPayloads } from "../../src/domain/events/agent-payloads.ts";
import { unknownPayload } from "../../src/domain/events/event.ts";
import type { Field, Fields, Shape } from "../../src/domain/events/field.ts";
import { noticePayloads } from "../../src/domain/events/notice-payloads.ts";
import type { Payload } from "../../src/domain/events/payload.ts";
import { serverPayloads } from "../../src/domain/events/server-payloads.ts";
import { code, markdownTable } from "./generated-part.ts";

/** The events that the server writes, those of the agent, the notices by kind, and `unknown`. */
export function eventReference(): string {
  return [
    "## What the server does",
    ...sections(serverPayloads),
    "## What the agent does",
    ...sections(agentPayloads),
    "## Notices",
    "An event of the type `notice` tells something that is worth telling and is not a step of the agent. Its `kind` says what it is about.",
    ...sections(noticePayloads),
    "## Events of other versions",
    ...sections({ unknown: unknownPayload }),
  ].join("\n\n");
}

function sections(payloads: Readonly<Record<string, Payload>>): string[] {
  return Object.entries(payloads).map(([name, { meaning, fields, sample }]) => {
    // Every notice has a kind, a text and the mark of a cut: the page says it once.
    const own = Object.entries(fields).filter(([field]) => !("kind" in fields) || !["kind", "text", "truncated"].includes(field));
    const table = own.length === 0 ? [] : [markdownTable(["field", "type", "meaning"], own.map(row))];
    return [`### ${name}`, meaning, ...table, `\`\`\`json\n${JSON.stringify(sample)}\n\`\`\``].join("\n\n");
  });
}

function row([name, { shape, optional, description }]: [string, Field<unknown, boolean>]): string[] {
  return [code(name), `${typeOf(shape)}${optional ? ", may be missing" : ""}`, `${description}${innerOf(shape)}`];
}

function typeOf(shape: Shape): string {
  switch (shape.is) {
    case "true":
      return "`true`";
    case "choice":
      return shape.of.map(code).join(", ");
    case "or_null":
      return `${typeOf(shape.of)} or null`;
    case "list":
      return `list of ${shape.of.is === "object" ? "objects" : `${typeOf(shape.of)}s`}`;
    case "map":
      return "object by name";
    default:
      return names[shape.is];
  }
}

const names = {
  text: "text",
  time: "time",
  count: "whole number",
  number: "number",
  flag: "true or false",
  json: "any JSON",
  object: "object",
};

/** The fields of what a list or a map holds. */
function innerOf(shape: Shape): string {
  if (shape.is === "list" || shape.is === "map" || shape.is === "or_null") return innerOf(shape.of);
  if (shape.is !== "object") return "";
  const inner = Object.entries(shape.of satisfies Fields).map(
    ([name, field]) => `${code(name)} (${typeOf(field.shape)}): ${field.description}`,
  );
  return ` Each has ${inner.join(" ")}`;
}
