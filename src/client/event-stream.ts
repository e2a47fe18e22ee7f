/**
 * Reads the feed of events over SSE as an async iterator that survives the server. Reconnects by
 * itself and continues after the last event that it gave (`Last-Event-ID`), so no event is missed
 * and none comes twice.
 */
import type { EventView } from "../contract/views/event.ts";
import type { TaskView } from "../contract/views/task.ts";
import { createParser } from "eventsource-parser";
import type { EventSourceMessage } from "eventsource-parser";
import type { HttpClient } from "./http-exchange.ts";
import { requestOf } from "./operations.ts";
import { defaultOutageMs, isAborted, isPassing, pauseAfter, reasonOf } from "./outage.ts";
import { eventFrom } from "./read-events.ts";
import { ServerUnreachable } from "./server-unreachable.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

/**
 * What happens on a feed. `end` comes last, with the task as it ended; the feed of all tasks has
 * none.
 */
export type FeedStep =
  | { readonly type: "event"; readonly event: EventView }
  | { readonly type: "end"; readonly task: TaskView }
  | { readonly type: "connected" }
  | { readonly type: "disconnected"; readonly reason: string };

export interface FeedOptions {
  /**
   * Events after this number only: `seq` for a task, the global `id` for all tasks. Default 0: from
   * the beginning.
   */
  readonly after?: number;
  readonly signal?: AbortSignal | undefined;
  /** How long to try to reconnect before giving up. Default 60 s. */
  readonly reconnectForMs?: number;
}

/** A heartbeat comes every 15 s; a connection that is silent for three of them is dead. */
const silenceMs = 45_000;

/**
 * @param taskId null: the events of all tasks.
 * @throws WorkerError not_found, unauthorized …; ServerUnreachable when no server has answered for
 * `reconnectForMs`.
 */
export async function* feed(http: HttpClient, taskId: TaskRef | null, options: FeedOptions = {}): AsyncGenerator<FeedStep, void> {
  const { signal, reconnectForMs = defaultOutageMs } = options;
  const position = { after: options.after ?? 0 };
  let lostAt: number | null = null;
  let tries = 0;
  for (;;) {
    try {
      for await (const step of connection(http, taskId, position, signal)) {
        [lostAt, tries] = [null, 0];
        yield step;
        if (step.type === "end") return;
      }
      throw new ServerUnreachable("The server closed the stream.", { address: "", connectionRefused: false });
    } catch (error) {
      if (isAborted(signal)) return;
      if (!isPassing(error)) throw error;
      if (lostAt === null) yield { type: "disconnected", reason: reasonOf(error) };
      lostAt ??= performance.now();
      if (performance.now() - lostAt >= reconnectForMs) throw error;
    }
    await pauseAfter(tries++, signal);
    if (isAborted(signal)) return;
  }
}

/** One connection, until it ends or breaks. Moves `position` along. */
async function* connection(
  http: HttpClient,
  taskId: TaskRef | null,
  position: { after: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<FeedStep, void> {
  const headers = { accept: "text/event-stream", ...(position.after > 0 ? { "last-event-id": String(position.after) } : {}) };
  const { after } = position;
  const request = taskId === null ? requestOf("allEvents", { after }) : requestOf("taskEvents", { id: taskId, after });
  const answer = await http.stream({ ...request, headers, signal, silenceMs });
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void messages.push(message) });
  answer.setEncoding("utf8");
  try {
    yield { type: "connected" };
    for await (const chunk of answer) {
      parser.feed(String(chunk));
      for (const message of messages.splice(0)) {
        const step = stepOf(message);
        if (step === null) continue;
        if (step.type === "event") position.after = taskId === null ? step.event.id : step.event.seq;
        yield step;
      }
    }
  } finally {
    answer.destroy();
  }
}

function stepOf(message: EventSourceMessage): FeedStep | null {
  if (message.data === "") return null;
  if (message.event !== "end") return { type: "event", event: eventFrom(JSON.parse(message.data)) };
  const task: TaskView = JSON.parse(message.data);
  return { type: "end", task };
}
