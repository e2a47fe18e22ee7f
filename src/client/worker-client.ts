/**
 * The typed client of a server's REST API: one method a verb. What it returns is what the server
 * said; it holds no rules.
 */
import type { BackupView, CheckView, PruneView } from "../contract/operations/maintenance.ts";
import type { TokenInput } from "../contract/operations/tokens.ts";
import type { RetryInput } from "../contract/retry-input.ts";
import type { TaskInput } from "../contract/task-input.ts";
import type {
  AttemptView,
  CancelView,
  ConfigView,
  ProbeView,
  EventPage,
  EventView,
  HealthView,
  HoldView,
  NewTokenView,
  ServerView,
  TaskPage,
  TaskSummaryView,
  TaskView,
  TokenView,
  TrustView,
  UsageView,
} from "../contract/views.ts";
import type { TaskStatus } from "../domain/task/task.ts";
import type { ServerAddress } from "./address.ts";
import type { FeedOptions, FeedStep } from "./event-stream.ts";
import { httpClient } from "./http-exchange.ts";
import type { HttpClient, HttpClientOptions } from "./http-exchange.ts";
import type { WaitOptions, WaitResult } from "./wait.ts";

/** Work on the whole database may take this long before the server says a word. */
const longWorkMs = 3_600_000;

export interface ListOptions {
  readonly status?: readonly TaskStatus[] | undefined;
  readonly group?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Only tasks in this directory of the server's machine or below it. */
  readonly working_directory?: string | undefined;
  /** Submitted after or before this moment, RFC 3339. */
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
  /** Only completed tasks with something to look at (true), or only tasks without (false). */
  readonly attention?: boolean | undefined;
  /** Part of the name or title. */
  readonly text?: string | undefined;
  /** Only tasks whose name begins with this; case counts. */
  readonly name?: string | undefined;
  readonly order?: "newest" | "oldest" | undefined;
  /** 1-500, default 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface SubmitOptions {
  /**
   * The same key with the same input again gives the same task: for clients that do not know
   * whether their first try arrived.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface UsageOptions {
  readonly by?: "day" | "model" | "group" | undefined;
  /** First and last day, `YYYY-MM-DD` (UTC). */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export interface TaskChange {
  readonly name?: string | null;
  readonly priority?: number;
  readonly labels?: Record<string, string>;
}

export interface StopOptions {
  /** `leave` the running attempts alone (default), `drain` them, or stop them `now`. */
  readonly mode?: "leave" | "drain" | "now";
  readonly deadline_ms?: number | undefined;
}

export interface LogOptions {
  readonly kind?: "raw" | "summary";
  /** First byte to send. */
  readonly from?: number;
  readonly signal?: AbortSignal;
}

/** HTTP's word for a range that begins after the end. */
const rangeNotSatisfiable = 416;

/** Every method may throw WorkerError with the server's code, and ServerUnreachable. */
/** The server itself ends a probe after a minute. */
const probeSilenceMs = 90_000;

export class WorkerClient {
  readonly address: ServerAddress;
  readonly #http: HttpClient;

  constructor(address: ServerAddress, options: HttpClientOptions = {}) {
    this.address = address;
    this.#http = httpClient(address, options);
  }

  /**
   * Whether a server has answered with success: what fails in reading its answers may come of
   * another version.
   */
  get hasAnswered(): boolean {
    return this.#http.hasAnswered;
  }

  /** Resolves when the task is durable. */
  async submit(input: TaskInput, options: SubmitOptions = {}): Promise<TaskView> {
    return (await this.#http.json({ method: "POST", path: "/tasks", body: input, headers: keyHeader(options) })) as TaskView;
  }

  /** Up to 100 tasks, all or none. */
  async submitAll(inputs: readonly TaskInput[], options: SubmitOptions = {}): Promise<TaskView[]> {
    const body = { tasks: inputs };
    const answer = await this.#http.json({ method: "POST", path: "/tasks/batch", body, headers: keyHeader(options) });
    return (answer as { tasks: TaskView[] }).tasks;
  }

  async get(id: number): Promise<TaskView> {
    return (await this.#http.json({ path: `/tasks/${id}` })) as TaskView;
  }

  /** One page. `all` walks over the pages. */
  async list(options: ListOptions = {}): Promise<TaskPage> {
    return (await this.#http.json({ path: `/tasks${queryOf(options)}` })) as TaskPage;
  }

  /** Every task that fits, page by page as it is read. */
  async *all(options: ListOptions = {}): AsyncGenerator<TaskSummaryView, void> {
    for (let cursor = options.cursor; ;) {
      const page = await this.list({ limit: 200, ...options, cursor });
      yield* page.tasks;
      if (page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }

  async attempts(id: number): Promise<AttemptView[]> {
    const answer = (await this.#http.json({ path: `/tasks/${id}/attempts` })) as { attempts: AttemptView[] };
    return answer.attempts;
  }

  /**
   * Stored events after the number `after` (one page), or the newest `tail`. @param id null: of all
   * tasks.
   */
  async eventPage(id: number | null, options: { after?: number; limit?: number; tail?: number } = {}): Promise<EventPage> {
    const sent = await this.#http.json({ path: `${id === null ? "" : `/tasks/${id}`}/events${queryText(options)}` });
    const { eventPageFrom } = await import("./read-events.ts");
    return eventPageFrom(sent);
  }

  /**
   * A task's events, stored ones first and then live, until the task has ended. @param id null: all
   * tasks, without an end.
   */
  async *events(id: number | null, options: FeedOptions = {}): AsyncGenerator<EventView, void> {
    for await (const step of this.follow(id, options)) {
      if (step.type === "event") yield step.event;
    }
  }

  /** As `events`, with the end and what happens to the connection. */
  async *follow(id: number | null, options: FeedOptions = {}): AsyncGenerator<FeedStep, void> {
    const { feed } = await import("./event-stream.ts");
    yield* feed(this.#http, id, options);
  }

  /** Waits until every task has ended, or the time is over. */
  async wait(ids: readonly number[], options: WaitOptions = {}): Promise<WaitResult> {
    const { waitForTasks } = await import("./wait.ts");
    return await waitForTasks(this, ids, options);
  }

  async cancel(id: number): Promise<CancelView> {
    return (await this.#http.json({ method: "POST", path: `/tasks/${id}/cancel` })) as CancelView;
  }

  /** Runs an ended task again, with these changes. */
  async retry(id: number, changes: RetryInput = {}): Promise<TaskView> {
    return (await this.#http.json({ method: "POST", path: `/tasks/${id}/retry`, body: changes })) as TaskView;
  }

  async update(id: number, change: TaskChange): Promise<TaskView> {
    return (await this.#http.json({ method: "PATCH", path: `/tasks/${id}`, body: change })) as TaskView;
  }

  /** Removes an ended task with its logs. */
  async remove(id: number): Promise<void> {
    await this.#http.json({ method: "DELETE", path: `/tasks/${id}` });
  }

  /** A log file's bytes from `from` on, as they stream in; none when it has not grown beyond. */
  async *log(id: number, { kind = "summary", from = 0, signal }: LogOptions = {}): AsyncGenerator<Buffer, void> {
    const headers = { accept: "*/*", ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
    const answer = await this.#http.stream({ path: `/tasks/${id}/logs?kind=${kind}`, headers, signal, alsoFine: [rangeNotSatisfiable] });
    try {
      if (answer.statusCode === rangeNotSatisfiable) return;
      for await (const chunk of answer) yield chunk as Buffer;
    } finally {
      answer.destroy();
    }
  }

  async trusted(): Promise<TrustView> {
    return (await this.#http.json({ path: "/trust" })) as TrustView;
  }

  async trust(directory: string): Promise<TrustView> {
    return (await this.#http.json({ method: "POST", path: "/trust", body: { directory } })) as TrustView;
  }

  async distrust(directory: string): Promise<TrustView> {
    return (await this.#http.json({ method: "DELETE", path: "/trust", body: { directory } })) as TrustView;
  }

  async holds(): Promise<HoldView[]> {
    return holdsOf(await this.#http.json({ path: "/holds" }));
  }

  /** Nothing starts until `resume`. */
  async hold(reason: string | null = null): Promise<HoldView[]> {
    return holdsOf(await this.#http.json({ method: "POST", path: "/holds", body: { reason } }));
  }

  async resume(): Promise<HoldView[]> {
    return holdsOf(await this.#http.json({ method: "DELETE", path: "/holds" }));
  }

  /**
   * A checked copy of the database at an absolute path of the server's machine. It may take long.
   */
  async backup(file: string): Promise<BackupView> {
    return (await this.#http.json({ method: "POST", path: "/backup", body: { file }, silenceMs: longWorkMs })) as BackupView;
  }

  async checkDatabase(): Promise<CheckView> {
    return (await this.#http.json({ method: "POST", path: "/check", body: {}, silenceMs: longWorkMs })) as CheckView;
  }

  /** Deletes ended tasks that are older, with their events and logs. */
  async prune(input: { readonly older_than_ms: number; readonly dry_run?: boolean }): Promise<PruneView> {
    return (await this.#http.json({ method: "POST", path: "/prune", body: input, silenceMs: longWorkMs })) as PruneView;
  }

  async tokens(): Promise<TokenView[]> {
    return ((await this.#http.json({ path: "/tokens" })) as { tokens: TokenView[] }).tokens;
  }

  /** The secret is in this answer and nowhere else. */
  async createToken(input: TokenInput): Promise<NewTokenView> {
    return (await this.#http.json({ method: "POST", path: "/tokens", body: input })) as NewTokenView;
  }

  async removeToken(id: number): Promise<void> {
    await this.#http.json({ method: "DELETE", path: `/tokens/${id}` });
  }

  async usage(options: UsageOptions = {}): Promise<UsageView> {
    return (await this.#http.json({ path: `/usage${queryText({ ...options })}` })) as UsageView;
  }

  /** The server's settings and environment; needs the admin scope. */
  async config(): Promise<ConfigView> {
    return (await this.#http.json({ path: "/config" })) as ConfigView;
  }

  /** Tries the server's credentials with one small request; needs the admin scope. */
  async probe(): Promise<ProbeView> {
    return (await this.#http.json({ method: "POST", path: "/server/probe", silenceMs: probeSilenceMs })) as ProbeView;
  }

  async server(): Promise<ServerView> {
    return (await this.#http.json({ path: "/server" })) as ServerView;
  }

  /** @param silenceMs how long to wait for an answer. */
  async health(silenceMs = 5000): Promise<HealthView> {
    return (await this.#http.json({ path: "//health", silenceMs })) as HealthView;
  }

  /** Begins an orderly stop. */
  async stop(options: StopOptions = {}): Promise<void> {
    await this.#http.json({ method: "POST", path: "/server/stop", body: { mode: "leave", ...options } });
  }

  /** Closes idle connections; requests under way go on. */
  close(): void {
    this.#http.close();
  }
}

function holdsOf(answer: unknown): HoldView[] {
  return (answer as { holds: HoldView[] }).holds;
}

function queryOf({ status, labels, ...rest }: ListOptions): string {
  const labelled = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return queryText({ status, label: labelled, ...rest });
}

/** `?a=1&b=2`, a list as a repeated name; empty when nothing is set. */
function keyHeader({ idempotencyKey }: SubmitOptions): Record<string, string> {
  return idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
}

function queryText(values: Readonly<Record<string, number | string | boolean | readonly string[] | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) query.append(name, String(each));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
