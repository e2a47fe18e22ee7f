/**
 * Follows a task live until it ends: lines as things happen, a status line on a terminal, JSON
 * lines for programs. Ctrl-C leaves the task alone.
 */
import type { EventView } from "../../contract/views/event.ts";
import type { TaskView } from "../../contract/views/task.ts";
import type { FeedStep } from "../../client/event-stream.ts";
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import { formatDuration } from "../../domain/text/duration.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import { isMachinery } from "../../domain/events/machinery.ts";
import { isOfSubagent } from "../../domain/events/is-of-subagent.ts";
import { exitCodes } from "../commandline/exit-codes.ts";
import type { ExitCode } from "../commandline/exit-codes.ts";
import type { Io } from "../terminal/io.ts";
import { streamLine } from "../terminal/json-stream.ts";
import { painter } from "../terminal/render/colour.ts";
import type { Painter } from "../terminal/render/colour.ts";
import { agentText, EventLines } from "../terminal/render/event-lines.ts";
import { structuredText } from "../terminal/render/result-text.ts";
import { StatusLine } from "../terminal/render/status-line.ts";
import { endLine } from "../terminal/render/task-end.ts";
import { AnswerKey } from "./answer-key.ts";
import { SpendingLook } from "./spending-look.ts";
import { silent, TaskProgress } from "./task-progress.ts";
import { say } from "../terminal/render/wrap.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

export interface WatchOptions {
  readonly io: Io;
  readonly client: WorkerClient;
  /** As it was when watching began. */
  readonly task: TaskView;
  /** Show events after this number. */
  readonly after: number;
  readonly json: boolean;
  /** How long to try again when the server is gone. Default 30 s. */
  readonly reconnectForMs?: number;
}

/**
 * @returns 0 when the task completed, 1 when it did not, 130 at Ctrl-C, 3 when the server stays
 * away.
 */
export async function watchTask(options: WatchOptions): Promise<ExitCode> {
  const { io, client, task, after, json, reconnectForMs = 30_000 } = options;
  const interrupt = new AbortController();
  const release = io.onInterrupt(() => interrupt.abort());
  const screen: Screen = json ? new JsonScreen(io) : new TextScreen(io, client, task, () => interrupt.abort());
  const releaseKill = io.onKill(() => screen.stop());
  try {
    for await (const step of client.follow(task.id, { after, signal: interrupt.signal, reconnectForMs })) {
      screen.show(step);
      if (step.type === "end") await screen.idle();
      if (step.type === "end") return step.task.status === "completed" ? exitCodes.ok : exitCodes.failed;
    }
    screen.stop();
    const commands = `claude-worker watch ${task.id} · claude-worker cancel ${task.id}`;
    say(io.stderr, `Task ${task.id} runs in the background. ${commands}`);
    return exitCodes.interrupted;
  } catch (error) {
    screen.stop();
    throw error instanceof ServerUnreachable ? gaveUp(error, task.id, reconnectForMs) : error;
  } finally {
    screen.stop();
    release();
    releaseKill();
  }
}

function gaveUp(error: ServerUnreachable, id: TaskRef, reconnectForMs: number): ServerUnreachable {
  const message =
    `The server has not answered for ${formatDuration(reconnectForMs)}. Task ${id} is not lost: what runs continues without the server. ` +
    `Start it and watch again: claude-worker server start && claude-worker watch ${id}`;
  return new ServerUnreachable(message, error);
}

interface Screen {
  show(step: FeedStep): void;
  /** Resolves when no person is at work on it. */
  idle(): Promise<void>;
  stop(): void;
}

/** `{"event":…}` a line, and `{"task":…}` last. */
class JsonScreen implements Screen {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  show(step: FeedStep): void {
    if (step.type === "event") this.#io.stdout.exact(streamLine({ event: step.event }));
    if (step.type === "end") this.#io.stdout.exact(streamLine({ task: step.task }));
  }

  async idle(): Promise<void> {}

  stop(): void {}
}

class TextScreen implements Screen {
  readonly #io: Io;
  readonly #paint: Painter;
  readonly #status: StatusLine;
  readonly #progress: TaskProgress;
  readonly #spending: SpendingLook;
  readonly #lines: EventLines;
  readonly #key: AnswerKey;
  #lastText = "";
  #isConnected = true;

  constructor(io: Io, client: WorkerClient, task: TaskView, onInterrupt: () => void) {
    this.#io = io;
    this.#paint = painter(io.stdout);
    this.#progress = new TaskProgress(task);
    this.#spending = new SpendingLook(client, task.id, this.#progress);
    this.#lines = new EventLines(io.stdout);
    this.#status = new StatusLine(io.stdout, () => this.#statusText());
    this.#key = new AnswerKey({ io, client, tasks: [task], screen: this.#status, onInterrupt });
    this.#status.start();
  }

  show(step: FeedStep): void {
    if (step.type === "event") this.#key.take(step.event);
    this.#key.show(() => this.#show(step));
  }

  async idle(): Promise<void> {
    await this.#key.idle();
  }

  #show(step: FeedStep): void {
    switch (step.type) {
      case "event":
        return this.#event(step.event);
      case "end":
        return this.#end(step.task);
      case "connected":
        if (!this.#isConnected) this.#status.above(`${this.#paint.dim("The server is back.")}\n`);
        this.#isConnected = true;
        return;
      case "disconnected":
        this.#isConnected = false;
        this.#status.above(`${this.#paint.yellow("The server does not answer; trying again. The task continues.")}\n`);
    }
  }

  stop(): void {
    this.#key.stop();
    this.#spending.stop();
    this.#status.stop();
  }

  #event(event: EventView): void {
    this.#progress.take(event);
    if (this.#io.stdout.isTTY) this.#spending.soon();
    if (silent.has(event.type) || isMachinery(event)) return;
    if (!isOfSubagent(event)) this.#lastText = agentText(event)?.join("\n") ?? this.#lastText;
    const lines = this.#lines.of(event);
    if (lines.length > 0) this.#status.above(`${lines.join("\n")}\n`);
  }

  #end(task: TaskView): void {
    this.stop();
    const result = structuredText(task) ?? plainText(task.result ?? "").trim();
    if (result !== "" && normal(result) !== normal(this.#lastText)) say(this.#io.stdout, `\n${result}`);
    say(this.#io.stdout, `\n${endLine(task, this.#paint)}`);
    if (task.status !== "completed")
      say(this.#io.stdout, `claude-worker show ${task.id} · claude-worker retry ${task.id}`, this.#paint.dim);
  }

  #statusText(): string {
    return `${this.#key.hint}${this.#progress.text(this.#isConnected ? null : "the server does not answer, trying again")}`;
  }
}

function normal(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
