/**
 * The key with which a person answers in place while tasks are followed. It is listened for only
 * while a question is open: a terminal that gives single keys has no Ctrl-Z and no echo.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { EventView } from "../../contract/views/event.ts";
import type { TaskView } from "../../contract/views/task.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { messageOf } from "../../domain/errors.ts";
import { canAsk } from "../terminal/confirm.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";
import { answerOpen } from "./answer-in-place.ts";

/** The live lines that make room for the questions. */
interface Screen {
  start(): void;
  stop(): void;
}

export interface AnswerKeyOptions {
  readonly io: Io;
  readonly client: WorkerClient;
  readonly tasks: readonly Pick<TaskView, "id" | "questions">[];
  readonly screen: Screen;
  /** Ctrl-C, which such a terminal gives as a key. */
  readonly onInterrupt: () => void;
}

type Keyboard = Io["stdin"] & { setRawMode?(raw: boolean): unknown };

export class AnswerKey {
  readonly #options: AnswerKeyOptions;
  readonly #stdin: Keyboard;
  readonly #open: Set<number>;
  readonly #tasks: readonly TaskRef[];
  #isListening = false;
  #answering: Promise<void> | null = null;
  #held: (() => void)[] = [];

  constructor(options: AnswerKeyOptions) {
    const { io, tasks } = options;
    this.#options = options;
    this.#stdin = io.stdin;
    this.#tasks = tasks.map(({ id }) => id);
    this.#open = new Set(tasks.flatMap(({ questions }) => questions.filter(({ status }) => status === "open").map(({ id }) => id)));
    this.#listen(this.#open.size > 0);
  }

  /** What a status line begins with. */
  get hint(): string {
    return this.#isListening ? "a: answer · " : "";
  }

  take(event: EventView): void {
    if (event.type === "question_asked") this.#open.add(event.data.question);
    else if (event.type === "question_answered") this.#open.delete(event.data.question);
    else return;
    if (this.#answering === null) this.#listen(this.#open.size > 0);
  }

  /** Shows something now, or once the person has left the questions. */
  show(work: () => void): void {
    if (this.#answering === null) work();
    else this.#held.push(work);
  }

  /** Resolves when no person answers. */
  async idle(): Promise<void> {
    await this.#answering;
  }

  /** Gives the keyboard back. May be called twice. */
  stop(): void {
    this.#listen(false);
  }

  #listen(on: boolean): void {
    const { io } = this.#options;
    if (on === this.#isListening || (on && (!canAsk(io) || !io.stdout.isTTY))) return;
    this.#isListening = on;
    this.#stdin.setRawMode?.(on);
    if (on) this.#stdin.on("data", this.#take).resume();
    else this.#stdin.off("data", this.#take).pause();
  }

  readonly #take = (chunk: Buffer | string): void => {
    for (const key of String(chunk)) {
      if (key === "\x03") return this.#options.onInterrupt();
      if (key === "a") return void (this.#answering ??= this.#answer());
    }
  };

  async #answer(): Promise<void> {
    const { io, client, screen } = this.#options;
    this.#listen(false);
    screen.stop();
    try {
      await answerOpen(client, this.#tasks, io);
    } catch (error) {
      say(io.stderr, messageOf(error));
    }
    this.#answering = null;
    screen.start();
    for (const work of this.#held.splice(0)) work();
    this.#listen(this.#open.size > 0);
  }
}
