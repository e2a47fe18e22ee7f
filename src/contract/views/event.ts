/**
 * Makes the schemas of events as doors show them: one for each type, from the rows in
 * domain/events. Only the API's document and tests need the schemas, so they are made on demand,
 * not at a server's start.
 */
import { z } from "zod";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { taskRef } from "../task-ref.ts";
import { noticePayloads, payloads, unknownPayload } from "../../domain/events/event.ts";
import type { EventBody } from "../../domain/events/event.ts";
import type { Fields, Field, Shape, ValueOf } from "../../domain/events/field.ts";
import type { Payload } from "../../domain/events/payload.ts";

/** An event: `type` says what it is, and `data` goes by the type. */
export type EventView = EventBody & {
  readonly id: number;
  readonly task_id: TaskRef;
  readonly seq: number;
  readonly attempt_id: number | null;
  readonly at: string;
  readonly summary: readonly string[];
};

export interface EventPage {
  readonly events: EventView[];
  readonly next_after: number;
}

const head = {
  id: z.int().describe("Global number: the cursor of the feed of all tasks."),
  task_id: taskRef.describe("The task."),
  seq: z.int().describe("Number within the task, without gaps: the cursor of the task's feed."),
  attempt_id: z.int().nullable().describe("The attempt. Null: the event is not of an attempt."),
  at: z.iso.datetime().describe("When it happened."),
  summary: z.array(z.string()).readonly().describe("One readable line per action, as in the summary log. Empty for events that have none."),
};

type SchemaOf<F> = F extends Field<unknown, true> ? z.ZodExactOptional<z.ZodType<ValueOf<F>>> : z.ZodType<ValueOf<F>>;
type DataSchema<F extends Fields> = z.ZodObject<{ -readonly [K in keyof F]: SchemaOf<F[K]> }>;
type EventSchema<T extends string, D extends z.ZodType> = z.ZodObject<typeof head & { type: z.ZodLiteral<T>; data: D }>;
type Table<K extends string> = Readonly<Record<K, Payload>>;

function makeSchemas() {
  const data = schemasOf(payloads);
  const notices = schemasOf(noticePayloads);
  const unknown = dataSchema(unknownPayload);
  const noticeData = z.discriminatedUnion("kind", listOf(notices)).describe("What it says, by its kind.");
  const ofTypes = Object.entries(payloads).map(([type, { meaning }]) => [
    type,
    eventSchema(type, meaning, data[type as keyof typeof data]),
  ]);
  const events = {
    ...(Object.fromEntries(ofTypes) as unknown as { readonly [T in keyof typeof data]: EventSchema<T, (typeof data)[T]> }),
    notice: eventSchema("notice", "Something that is worth telling and is not a step of the agent.", noticeData),
    unknown: eventSchema("unknown", unknownPayload.meaning, unknown),
  };
  const view = z
    .discriminatedUnion("type", listOf(events))
    .describe("An event. Its `type` says which shape it has. Programs pass over types, kinds and fields that they do not know.");
  return { data, notices, unknown, noticeData, events, view };
}

let made: ReturnType<typeof makeSchemas> | null = null;

/**
 * The schemas of payloads (`data` by type, `notices` by kind), of events by type, and of any event
 * (`view`).
 */
export function eventSchemas(): ReturnType<typeof makeSchemas> {
  return (made ??= makeSchemas());
}

export const eventView = z.lazy(() => eventSchemas().view);

export const eventPage = z.object({ events: z.array(eventView), next_after: z.int().describe("Send it as `after` for the next page.") });

function eventSchema<const T extends string, D extends z.ZodType>(type: T, meaning: string, data: D): EventSchema<T, D> {
  return z.object({ ...head, type: z.literal(type), data }).describe(meaning);
}

function schemasOf<T extends Table<string>>(table: T): { readonly [K in keyof T]: DataSchema<T[K]["fields"]> } {
  const schemas = Object.entries(table).map(([name, each]) => [name, dataSchema(each)]);
  return Object.fromEntries(schemas) as { readonly [K in keyof T]: DataSchema<T[K]["fields"]> };
}

function dataSchema<F extends Fields>({ meaning, fields, sample }: Payload<F>): DataSchema<F> {
  return z.looseObject(schemasOfFields(fields)).meta({ description: meaning, examples: [sample] }) as unknown as DataSchema<F>;
}

function schemasOfFields(fields: Fields): Record<string, z.ZodType> {
  const schemas = Object.entries(fields).map(([name, { shape, optional, description }]) => {
    const schema = schemaOfShape(shape);
    return [name, (optional ? schema.exactOptional() : schema).describe(description)] as const;
  });
  return Object.fromEntries(schemas);
}

function schemaOfShape(shape: Shape): z.ZodType {
  switch (shape.is) {
    case "text":
      return z.string();
    case "time":
      return z.iso.datetime();
    case "count":
      return z.int().min(0);
    case "number":
      return z.number();
    case "flag":
      return z.boolean();
    case "true":
      return z.literal(true);
    case "json":
      return z.unknown();
    case "choice":
      return shape.of.length === 1 ? z.literal(shape.of[0] ?? "") : z.enum(shape.of);
    case "list":
      return z.array(schemaOfShape(shape.of)).readonly();
    case "map":
      return z.record(z.string(), schemaOfShape(shape.of)).readonly();
    case "or_null":
      return schemaOfShape(shape.of).nullable();
    case "object":
      return z.looseObject(schemasOfFields(shape.of));
  }
}

type Schemas<T> = [T[keyof T], ...T[keyof T][]];

function listOf<T extends object>(schemas: T): Schemas<T> {
  return Object.values(schemas) as Schemas<T>;
}
