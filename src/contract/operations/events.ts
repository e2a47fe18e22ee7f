/**
 * Events: a page of stored events, or a stream of stored and then live events; and the log files.
 */
import { z } from "zod";
import { eventPage } from "../views/event.ts";
import { operation } from "./operation.ts";
import { largest, taskParams, wholeNumber } from "./query-values.ts";

const tag = "Events";
const headers = [{ name: "Last-Event-ID", description: "For a stream: the id of the last message that was read." }];
const answer = "A page of events, or with `Accept: text/event-stream` a stream.";
const mediaTypes = ["text/event-stream"];
const ofLog = ["text/plain", "application/x-ndjson"];

export const eventsQuery = z.strictObject({
  after: wholeNumber(0, largest).optional().describe("Only events after this number. A stream's `Last-Event-ID` is stronger."),
  limit: wholeNumber(1, 1000).optional().describe("Default 100. Not for a stream."),
  tail: wholeNumber(0, 1000).optional().describe("The newest n events instead of those after a number."),
});

export type EventsQuery = z.output<typeof eventsQuery>;

const logsQuery = z.strictObject({
  kind: z.enum(["raw", "summary"]).default("summary").describe("Every SDK message as a line of JSON, or one readable line per action."),
});

export const eventOperations = {
  taskEvents: operation("taskEvents", {
    access: "read",
    tag,
    summary: "A task's events: a page, or a stream",
    description:
      "With `Accept: text/event-stream`: every event after `Last-Event-ID` (or `after`), first the stored ones, then live. " +
      "Each message's id is the event's `seq`, its data the event as JSON. A last message `end` has the ended task as data.",
    params: taskParams,
    query: eventsQuery,
    headers,
    answer,
    output: eventPage,
    mediaTypes,
  }),
  allEvents: operation("allEvents", {
    access: "read",
    tag,
    summary: "The events of all tasks: a page, or a stream",
    description: "As for one task, but numbered by the event's global `id`, and without an end. `tail=0` streams only what is new.",
    query: eventsQuery,
    headers,
    answer,
    output: eventPage,
    mediaTypes,
  }),
  getLog: operation("getLog", {
    access: "read",
    tag: "Logs",
    summary: "A task's log file",
    description: "The whole file, or the part that a `Range: bytes=…` header asks for (one range).",
    params: taskParams,
    query: logsQuery,
    headers: [{ name: "Range", description: "One range of bytes, e.g. `bytes=1000-`." }],
    answer: "The log.",
    output: null,
    mediaTypes: ofLog,
    otherAnswers: { 206: { description: "The part asked for.", schema: null, mediaTypes: ofLog } },
    problems: ["range_not_satisfiable"],
  }),
};
