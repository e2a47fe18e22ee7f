/**
 * The typed client of a server's REST API: one method for each operation, and a few that combine
 * them. Returns what the server answered; holds no rules.
 */
import type { ClientInput } from "../contract/client-input.ts";
import { endpoints } from "../contract/endpoints.ts";
import type { OperationName } from "../contract/endpoints.ts";
import type { EventPage, EventView } from "../contract/views/event.ts";
import type { QuestionView } from "../contract/views/question.ts";
import type { TaskSummaryView } from "../contract/views/task.ts";
import type { ServerAddress } from "./address.ts";
import type { FeedOptions, FeedStep } from "./event-stream.ts";
import { httpClient } from "./http-exchange.ts";
import type { Exchange, HttpClient, HttpClientOptions } from "./http-exchange.ts";
import { requestOf } from "./operations.ts";
import type { CallOptions, ClientOperations } from "./operations.ts";
import type { WaitOptions, WaitResult } from "./wait.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

export interface LogOptions {
  readonly kind?: "raw" | "summary";
  /** First byte to send. */
  readonly from?: number;
  readonly signal?: AbortSignal;
}

/** HTTP's status for a range that begins after the end. */
const rangeNotSatisfiable = 416;

// The methods are put on the prototype below, one for each endpoint.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export interface WorkerClient extends ClientOperations {}

/** Every method may throw WorkerError with the server's code, and ServerUnreachable. */
export class WorkerClient {
  readonly address: ServerAddress;
  readonly #http: HttpClient;

  static {
    for (const name of operationNames()) {
      if (Object.hasOwn(WorkerClient.prototype, name)) continue; // Written below by hand.
      const value = function call(this: WorkerClient, input?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<unknown> {
        return this.#http.json<unknown>(requestOf(name, input, options)).then((answer) => answer ?? undefined);
      };
      Object.defineProperty(WorkerClient.prototype, name, { value, writable: true, configurable: true });
    }
  }

  constructor(address: ServerAddress, options: HttpClientOptions = {}) {
    this.address = address;
    this.#http = httpClient(address, options);
  }

  /**
   * Whether a server has answered with success. An error while reading its answers then may come
   * from a server of another version.
   */
  get hasAnswered(): boolean {
    return this.#http.hasAnswered;
  }

  /** One page: events of a task after the number `after`, or its newest `tail`. */
  async taskEvents(input: ClientInput<"taskEvents">, options?: CallOptions): Promise<EventPage> {
    return await this.#events(requestOf("taskEvents", input, options));
  }

  /** As `taskEvents`, of all tasks. */
  async allEvents(input?: ClientInput<"allEvents">, options?: CallOptions): Promise<EventPage> {
    return await this.#events(requestOf("allEvents", input, options));
  }

  async #events(request: Exchange): Promise<EventPage> {
    const page = await this.#http.json<EventPage>(request);
    const { eventPageFrom } = await import("./read-events.ts");
    return eventPageFrom(page);
  }

  /** Every task that fits, page by page as it is read. */
  async *all(query: ClientInput<"listTasks"> = {}): AsyncGenerator<TaskSummaryView, void> {
    for (let cursor = query.cursor; ;) {
      const page = await this.listTasks({ limit: 200, ...query, cursor });
      yield* page.tasks;
      if (page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }

  /** Every question that fits, of all pages, oldest first: the one that waits longest leads. */
  async allQuestions(query: ClientInput<"listQuestions"> = {}): Promise<QuestionView[]> {
    const found: QuestionView[] = [];
    for (let cursor = query.cursor; ;) {
      const page = await this.listQuestions({ limit: 200, ...query, cursor });
      found.push(...page.questions);
      if (page.next_cursor === null) return found.toReversed();
      cursor = page.next_cursor;
    }
  }

  /**
   * A task's events, stored ones first and then live, until the task has ended. @param id null: all
   * tasks, without an end.
   */
  async *events(id: TaskRef | null, options: FeedOptions = {}): AsyncGenerator<EventView, void> {
    for await (const step of this.follow(id, options)) {
      if (step.type === "event") yield step.event;
    }
  }

  /** As `events`, with the end and what happens to the connection. */
  async *follow(id: TaskRef | null, options: FeedOptions = {}): AsyncGenerator<FeedStep, void> {
    const { feed } = await import("./event-stream.ts");
    yield* feed(this.#http, id, options);
  }

  /** Waits until every task has ended, or the time is over. */
  async wait(ids: readonly TaskRef[], options: WaitOptions = {}): Promise<WaitResult> {
    const { waitForTasks } = await import("./wait.ts");
    return await waitForTasks(this, ids, options);
  }

  /** A log file's bytes from `from` on, as they stream in; none when it has not grown beyond. */
  async *log(id: TaskRef, { kind = "summary", from = 0, signal }: LogOptions = {}): AsyncGenerator<Buffer, void> {
    const headers = { accept: "*/*", ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
    const request = requestOf("getLog", { id, kind }, { signal });
    const answer = await this.#http.stream({ ...request, headers, alsoFine: [rangeNotSatisfiable] });
    try {
      if (answer.statusCode === rangeNotSatisfiable) return;
      for await (const chunk of answer) yield chunk;
    } finally {
      answer.destroy();
    }
  }

  /** Closes idle connections; requests under way continue. */
  close(): void {
    this.#http.close();
  }
}

function operationNames(): OperationName[] {
  return Object.keys(endpoints).filter((name): name is OperationName => Object.hasOwn(endpoints, name));
}
