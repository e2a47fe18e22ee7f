/** Routes of events: a page of what is stored, or a stream of what is stored and then happens. */
import type { IncomingMessage } from "node:http";
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import type { EventsQuery } from "../../contract/operations/events.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { EventStreams } from "../stream/event-streams.ts";
import type { FeedSource } from "../stream/feed.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

export function eventRoutes(api: WorkerApi, streams: EventStreams): Route[] {
  return [
    route(operations.taskEvents, async ({ params: { id }, query, caller, request, response }): Promise<Answer> => {
      if (!wantsStream(request)) return { status: 200, json: await api.taskEvents({ id, ...query }, caller) };
      const task = await api.getTask({ id }, caller);
      const after = query.tail === undefined ? startOf(request, query) : Math.max(0, task.last_event - query.tail);
      await streams.open(response, { key: id, after, caller, source: taskSource(api, id) });
      return "streamed";
    }),
    route(operations.allEvents, async ({ query, caller, request, response }): Promise<Answer> => {
      if (!wantsStream(request)) return { status: 200, json: await api.allEvents(query, caller) };
      const after = query.tail === undefined ? startOf(request, query) : Math.max(0, (await newestOf(api)) - query.tail);
      await streams.open(response, { key: null, after, caller, source: allSource(api) });
      return "streamed";
    }),
  ];
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

function taskSource(api: WorkerApi, id: TaskRef): FeedSource {
  return {
    read: async (after, limit) => (await api.taskEvents({ id, after, limit })).events,
    newest: async () => (await api.taskEvents({ id, tail: 1 })).next_after,
    numberOf: (event) => event.seq,
    subscribe: (wake) => api.onEvents(id, wake),
    async end() {
      const task = await api.getTask({ id });
      if (!isTerminal(task.status)) return null;
      return { frame: `event: end\ndata: ${JSON.stringify(task)}\n\n`, after: task.last_event };
    },
  };
}

function allSource(api: WorkerApi): FeedSource {
  return {
    read: async (after, limit) => (await api.allEvents({ after, limit })).events,
    newest: () => newestOf(api),
    numberOf: (event) => event.id,
    subscribe: (wake) => api.onEvents(null, wake),
    end: async () => null,
  };
}

/** The global number of the newest event; 0: there is none. */
async function newestOf(api: WorkerApi): Promise<number> {
  return (await api.allEvents({ tail: 0 })).next_after;
}
