/**
 * `top`: the whole terminal shows what runs, waits and has just ended. Keys choose a task, open it,
 * answer it and cancel it.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { ServerView } from "../../contract/views/server.ts";
import type { TaskSummaryView, TaskView } from "../../contract/views/task.ts";
import { messageOf } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { exitCodes } from "../commandline/exit-codes.ts";
import type { ExitCode } from "../commandline/exit-codes.ts";
import type { Io } from "../terminal/io.ts";
import { painter } from "../terminal/render/colour.ts";
import { holdText } from "../terminal/render/hold-lines.ts";
import { liveTable } from "../terminal/render/live-table.ts";
import { taskPage } from "../terminal/render/task-page.ts";
import { fitWidth } from "../terminal/render/text-width.ts";
import { FullScreen } from "../terminal/render/full-screen.ts";
import { answerOpen } from "./answer-in-place.ts";
import { TaskBoard } from "./task-board.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

/** How many tasks that have ended are shown below the others. */
const endedShown = 20;
/** Open tasks beyond this are counted in the headline only. */
const openShown = 200;
/** How often elapsed times move on. */
const tickMs = 1000;

/** Runs `top` until the user leaves it. @returns the exit code. */
export async function top(io: Io, client: WorkerClient): Promise<ExitCode> {
  const view = new TopView(io, client);
  return await view.run();
}

class TopView {
  readonly #io: Io;
  readonly #client: WorkerClient;
  readonly #board: TaskBoard;
  readonly #screen: FullScreen;
  readonly #end = new AbortController();
  #server: ServerView | null = null;
  /** The chosen task; null: the first. */
  #chosenId: TaskRef | null = null;
  /** The task that is read, and its first visible line. */
  #open: { readonly task: TaskView; from: number } | null = null;
  /** The task that is to be cancelled once a person says yes. */
  #asked: TaskRef | null = null;
  #message = "";
  #exitCode: ExitCode = exitCodes.ok;

  constructor(io: Io, client: WorkerClient) {
    this.#io = io;
    this.#client = client;
    this.#board = new TaskBoard(
      client,
      async () => await this.#load(),
      () => this.#draw(),
    );
    this.#screen = new FullScreen(
      io,
      (key) => this.#key(key),
      () => this.#draw(),
    );
  }

  async run(): Promise<ExitCode> {
    const releases = [this.#io.onInterrupt(() => this.#leave(exitCodes.interrupted)), this.#io.onKill(() => this.#screen.leave())];
    const timer = setInterval(() => this.#draw(), tickMs);
    this.#screen.enter();
    try {
      this.#draw();
      await this.#board.follow(this.#end.signal);
    } finally {
      clearInterval(timer);
      this.#screen.leave();
      for (const release of releases) release();
    }
    return this.#exitCode;
  }

  async #load(): Promise<TaskSummaryView[]> {
    const [running, waiting, pending, ended, server] = await Promise.all([
      this.#client.listTasks({ status: ["running"], limit: openShown }),
      this.#client.listTasks({ status: ["waiting"], order: "oldest", limit: openShown }),
      this.#client.listTasks({ status: ["pending"], order: "oldest", limit: openShown }),
      this.#client.listTasks({ status: ["completed", "failed", "cancelled", "skipped"], limit: endedShown }),
      this.#client.server(),
    ]);
    this.#server = server;
    return [...running.tasks, ...waiting.tasks, ...pending.tasks, ...ended.tasks];
  }

  #leave(code: ExitCode): void {
    this.#exitCode = code;
    this.#end.abort();
  }

  #draw(): void {
    this.#screen.draw(this.#open === null ? this.#listLines() : this.#pageLines(this.#open));
  }

  #listLines(): string[] {
    const { stdout } = this.#io;
    const paint = painter(stdout);
    const above = this.#headLines();
    const narrower = { colour: stdout.colour, columns: stdout.columns - cursor.length };
    const [head = "", ...rows] = liveTable(this.#board.tasks, narrower, Date.now());
    const room = Math.max(1, stdout.rows - above.length - 2);
    const chosen = this.#chosenIndex();
    const from = Math.max(0, Math.min(chosen - Math.floor(room / 2), rows.length - room));
    const shown = rows
      .slice(from, from + room)
      .map((row, index) => (from + index === chosen ? `${cursor}${paint.inverse(row)}` : `${" ".repeat(cursor.length)}${row}`));
    const filled = [...shown, ...Array.from({ length: Math.max(0, room - shown.length) }, () => "")];
    return [...above, `${" ".repeat(cursor.length)}${head}`, ...filled, this.#lastLine()];
  }

  #headLines(): string[] {
    const { stdout } = this.#io;
    const paint = painter(stdout);
    if (this.#server === null) return [paint.dim("claude-worker top")];
    const { workers, counts, holds, problems } = this.#server;
    const cost = this.#board.tasks.filter(({ status }) => status === "running").reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
    const facts = [
      `${workers.running} of ${workers.limit} slots`,
      `${counts.running} running`,
      `${counts.waiting} waiting`,
      `${counts.pending} pending`,
      `${counts.completed} completed`,
      `${counts.failed} failed`,
      `$${cost.toFixed(2)} in what runs`,
    ];
    const lines = [paint.bold(fitWidth(facts.join(" · "), stdout.columns))];
    if (!this.#board.isConnected) lines.push(paint.yellow("The server does not answer; trying again. What runs continues."));
    for (const hold of holds) lines.push(paint.yellow(fitWidth(holdText(hold), stdout.columns)));
    for (const problem of problems) lines.push(paint.red(fitWidth(plainLine(problem, 500), stdout.columns)));
    return lines;
  }

  #lastLine(): string {
    const { stdout } = this.#io;
    const paint = painter(stdout);
    if (this.#asked !== null) return paint.yellow(fitWidth(`Cancel task ${this.#asked}? y: yes, any other key: no`, stdout.columns));
    if (this.#message !== "") return paint.yellow(fitWidth(this.#message, stdout.columns));
    return paint.dim(fitWidth("↑↓ choose · Enter open · a answer · c cancel · q quit", stdout.columns));
  }

  #pageLines(open: { readonly task: TaskView; from: number }): string[] {
    const { stdout } = this.#io;
    const paint = painter(stdout);
    const lines = taskPage(open.task, { output: stdout, now: Date.now(), raw: false }).split("\n");
    const room = Math.max(1, stdout.rows - 1);
    open.from = Math.max(0, Math.min(open.from, lines.length - room));
    const shown = lines.slice(open.from, open.from + room);
    const filled = [...shown, ...Array.from({ length: Math.max(0, room - shown.length) }, () => "")];
    return [...filled, paint.dim(fitWidth("↑↓ scroll · a answer · q back", stdout.columns))];
  }

  #chosenIndex(): number {
    const index = this.#board.tasks.findIndex(({ id }) => id === this.#chosenId);
    return Math.max(0, index);
  }

  #key(key: string): void {
    this.#message = "";
    if (key === "ctrl-c") return this.#leave(exitCodes.interrupted);
    if (this.#asked !== null) this.#answer(key);
    else if (this.#open !== null) this.#pageKey(key, this.#open);
    else this.#listKey(key);
    this.#draw();
  }

  #listKey(key: string): void {
    if (key === "q" || key === "escape") return this.#leave(exitCodes.ok);
    const task = this.#board.tasks[this.#chosenIndex()];
    const step = steps[key];
    if (step !== undefined) {
      const index = Math.max(0, Math.min(this.#chosenIndex() + step, this.#board.tasks.length - 1));
      this.#chosenId = this.#board.tasks[index]?.id ?? null;
    } else if (task !== undefined && (key === "enter" || key === "right")) this.#try(async () => await this.#openTask(task.id));
    else if (task !== undefined && key === "a") this.#answerTask(task.id);
    else if (task !== undefined && key === "c") {
      if (task.ended_at === null) this.#asked = task.id;
      else this.#message = `Task ${task.id} has ended already.`;
    }
  }

  #pageKey(key: string, open: { readonly task: TaskView; from: number }): void {
    if (key === "a") return this.#answerTask(open.task.id);
    const step = steps[key];
    if (step !== undefined) open.from = Math.max(0, open.from + step);
    else if (["q", "escape", "left", "enter"].includes(key)) this.#open = null;
  }

  #answer(key: string): void {
    const id = this.#asked;
    this.#asked = null;
    if (id === null || key !== "y") return;
    this.#try(async () => {
      await this.#client.cancelTask({ id });
      this.#message = `Task ${id} is stopping.`;
    });
  }

  /** The same questions as `inbox` asks, on the terminal as it was before. */
  #answerTask(id: TaskRef): void {
    this.#try(async () => {
      await this.#screen.aside(async () => await answerOpen(this.#client, [id], this.#io));
      if (this.#open?.task.id === id) await this.#openTask(id);
    });
  }

  async #openTask(id: TaskRef): Promise<void> {
    this.#open = { task: await this.#client.getTask({ id }), from: 0 };
  }

  /** What fails is said in the last line. */
  #try(work: () => Promise<void>): void {
    void work()
      .catch((error: unknown) => void (this.#message = plainLine(messageOf(error), 500)))
      .finally(() => this.#draw());
  }
}

/** Before the chosen row: also a terminal without colours shows it. */
const cursor = "▸ ";

const steps: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  pageup: -10,
  pagedown: 10,
  space: 10,
  home: -1e9,
  end: 1e9,
  g: -1e9,
  G: 1e9,
};
