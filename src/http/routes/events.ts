/** Routes of events: a page of what is stored, or a stream of what is stored and then happens. */
import type { IncomingMessage } from "node:http";
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { EventsQuery } from "../../contract/operations/events.ts";
import type { EventPage } from "../../contract/views.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { EventStreams } from "../stream/event-streams.ts";
import type { FeedSource } from "../stream/feed.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export function eventRoutes(api: WorkerApi, streams: EventStreams): Route[] {
  return [
    route(operations.taskEvents, ({ params: { id }, query, caller, request, response }): Answer => {
      const task = api.getTask(id);
      if (!wantsStream(request)) return { status: 200, json: taskPageOf(api, id, query) };
      const after = query.tail === undefined ? startOf(request, query) : Math.max(0, task.last_event - query.tail);
      streams.open(response, { key: id, after, caller, source: taskSource(api, id) });
      return "streamed";
    }),
    route(operations.allEvents, ({ query, caller, request, response }): Answer => {
      const after = query.tail === undefined ? startOf(request, query) : Math.max(0, api.newestEventId() - query.tail);
      if (!wantsStream(request)) return { status: 200, json: api.allEvents(after, query.tail ?? query.limit ?? 100) };
      streams.open(response, { key: null, after, caller, source: allSource(api) });
      return "streamed";
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
