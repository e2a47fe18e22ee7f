/** Routes of events: a page of what is stored, or a stream of what is stored and then happens. */
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { WorkerApi } from "../../contract/api.ts";
import { eventsQuery, taskParams } from "../../contract/queries.ts";
import { eventPage } from "../../contract/views.ts";
import type { EventPage } from "../../contract/views.ts";
import { isTerminal } from "../../domain/task.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { EventStreams } from "../event-streams.ts";
import type { FeedSource } from "../feed.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

type EventsQuery = z.output<typeof eventsQuery>;

const tag = "Events";
const answers = {
  200: {
    description: "A page of events, or with `Accept: text/event-stream` a stream.",
    schema: eventPage,
    mediaTypes: ["text/event-stream"],
  },
};

const lastEventIdHeader = { name: "Last-Event-ID", description: "For a stream: the id of the last message that was read." };

export function eventRoutes(api: WorkerApi, streams: EventStreams): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/tasks/{id}/events",
      access: "read",
      name: "taskEvents",
      tag,
      summary: "A task's events: a page, or a stream",
      description:
        "With `Accept: text/event-stream`: every event after `Last-Event-ID` (or `after`), first the stored ones, then live. " +
        "Each message's id is the event's `seq`, its data the event as JSON. A last message `end` has the ended task as data.",
      params: taskParams,
      query: eventsQuery,
      headers: [lastEventIdHeader],
      answers,
      handle({ params: { id }, query, caller, request, response }): Answer {
        const task = api.getTask(id);
        if (!wantsStream(request)) return { status: 200, json: taskPageOf(api, id, query) };
        const after = query.tail === undefined ? startOf(request, query) : Math.max(0, task.last_event - query.tail);
        streams.open(response, { key: id, after, caller, source: taskSource(api, id) });
        return "streamed";
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/events",
      access: "read",
      name: "allEvents",
      tag,
      summary: "The events of all tasks: a page, or a stream",
      description: "As for one task, but numbered by the event's global `id`, and without an end. `tail=0` streams only what is new.",
      query: eventsQuery,
      headers: [lastEventIdHeader],
      answers,
      handle({ query, caller, request, response }): Answer {
        const after = query.tail === undefined ? startOf(request, query) : Math.max(0, api.newestEventId() - query.tail);
        if (!wantsStream(request)) return { status: 200, json: api.allEvents(after, query.tail ?? query.limit ?? 100) };
        streams.open(response, { key: null, after, caller, source: allSource(api) });
        return "streamed";
      },
    }),
  ];
}

function taskPageOf(api: WorkerApi, id: number, { after = 0, limit = 100, tail }: EventsQuery): EventPage {
  return tail === undefined ? api.taskEvents(id, after, limit) : api.taskEventsTail(id, tail);
}

function wantsStream(request: IncomingMessage): boolean {
  return request.method === "GET" && /\btext\/event-stream\b/i.test(request.headers.accept ?? "");
}

/** @throws WorkerError invalid_input. */
function startOf(request: IncomingMessage, query: EventsQuery): number {
  const last = request.headers["last-event-id"];
  if (last === undefined || last === "") return query.after ?? 0;
  if (typeof last === "string" && /^\d{1,15}$/.test(last)) return Number(last);
  throw new WorkerError("invalid_input", "Last-Event-ID is not a number of this feed. Send the id of the last message, or leave it out.");
}

function taskSource(api: WorkerApi, id: number): FeedSource {
  return {
    read: (after, limit) => api.taskEvents(id, after, limit).events,
    newest: () => api.taskEventsTail(id, 1).next_after,
    numberOf: (event) => event.seq,
    subscribe: (wake) => api.onEvents(id, wake),
    end() {
      const task = api.getTask(id);
      if (!isTerminal(task.status)) return null;
      return { frame: `event: end\ndata: ${JSON.stringify(task)}\n\n`, after: task.last_event };
    },
  };
}

function allSource(api: WorkerApi): FeedSource {
  return {
    read: (after, limit) => api.allEvents(after, limit).events,
    newest: () => api.newestEventId(),
    numberOf: (event) => event.id,
    subscribe: (wake) => api.onEvents(null, wake),
    end: () => null,
  };
}
