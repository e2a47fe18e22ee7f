/** The part of the API's document about events: the names of their shapes. */
import type { z } from "zod";
import { eventSchemas, eventView } from "../../contract/views/event.ts";

/** The shapes by name: `ToolUseEvent` and its `ToolUseData`, and for notices `ApiErrorNotice`. */
export function eventShapes(): [z.ZodType, string][] {
  const { data, notices, unknown, noticeData, events } = eventSchemas();
  const named = (schemas: Readonly<Record<string, z.ZodType>>, suffix: string): [z.ZodType, string][] =>
    Object.entries(schemas).map(([name, schema]) => [schema, `${pascalCase(name)}${suffix}`]);
  return [
    [eventView, "Event"],
    ...named(events, "Event"),
    ...named({ ...data, notice: noticeData, unknown }, "Data"),
    ...named(notices, "Notice"),
  ];
}

function pascalCase(name: string): string {
  return name.replaceAll(/(^|_)([a-z])/g, (_, _start, letter: string) => letter.toUpperCase());
}
