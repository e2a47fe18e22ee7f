/**
 * Follows several tasks until all have ended: their lines as they happen, each with its task's id,
 * and a row for each below.
 */
import type { FeedStep } from "../../client/event-stream.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskView } from "../../contract/views/task.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import { isMachinery } from "../../domain/events/machinery.ts";
import { isOfSubagent } from "../../domain/events/is-of-subagent.ts";
import { exitCodes } from "../commandline/exit-codes.ts";
import type { ExitCode } from "../commandline/exit-codes.ts";
import type { Io } from "../terminal/io.ts";
import { streamLine } from "../terminal/json-stream.ts";
import { painter } from "../terminal/render/colour.ts";
import { EventLines } from "../terminal/render/event-lines.ts";
import { LiveLines } from "../terminal/render/live-lines.ts";
import { endLine } from "../terminal/render/task-end.ts";
import { fitWidth } from "../terminal/render/text-width.ts";
import { say } from "../terminal/render/wrap.ts";
import { AnswerKey } from "./answer-key.ts";
import { SpendingLook } from "./spending-look.ts";
import { silent, TaskProgress } from "./task-progress.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

interface Followed {
  readonly task: TaskView;
  readonly lines: EventLines;
  readonly progress: TaskProgress;
  readonly spending: SpendingLook;
  /** What the main agent said last. */
  lastText: string;
}

/**
 * @param lines how many earlier events each begins with. @returns as `watchTask`; 0 when all
 * completed.
 */
export async function watchTasks(
  io: Io,
  client: WorkerClient,
  tasks: readonly TaskView[],
  { json, lines }: { readonly json: boolean; readonly lines: number },
): Promise<ExitCode> {
  const interrupt = new AbortController();
  const paint = painter(io.stdout);
  const open = new Map<TaskRef, Followed>(tasks.map((task) => [task.id, followedOf(task, io, client)]));
  const rows = (): string[] => [
    ...[...open].map(([id, { progress }]) => fitWidth(`${id}  ${progress.text()}`, io.stdout.columns - 1)),
    ...(key === null || key.hint === "" ? [] : [paint.dim("a: answer what they ask")]),
  ];
  const live = new LiveLines(io.stdout, rows, 1000);
  const key = json ? null : new AnswerKey({ io, client, tasks, screen: live, onInterrupt: () => interrupt.abort() });
  const show = (step: FeedStep, followed: Followed): void => {
    const { lines: made, progress } = followed;
    if (json) {
      if (step.type === "event") io.stdout.exact(streamLine({ event: step.event }));
      if (step.type === "end") io.stdout.exact(streamLine({ task: step.task }));
    } else if (step.type === "event") {
      progress.take(step.event);
      if (io.stdout.isTTY) followed.spending.soon();
      if (step.event.type === "text" && !isOfSubagent(step.event)) followed.lastText = step.event.data.text;
      const shown = silent.has(step.event.type) || isMachinery(step.event) ? [] : made.of(step.event);
      if (shown.length > 0) live.above(`${shown.join("\n")}\n`);
    } else if (step.type === "end") {
      live.above(`${endLine(step.task, paint)}\n${resultLine(step.task, followed, io)}`);
    }
  };
  const follow = async (followed: Followed): Promise<boolean> => {
    const { id, last_event } = followed.task;
    for await (const step of client.follow(id, { after: Math.max(0, last_event - lines), signal: interrupt.signal })) {
      if (step.type === "end") {
        open.delete(id);
        followed.spending.stop();
      }
      if (step.type === "event") key?.take(step.event);
      if (key === null) show(step, followed);
      else key.show(() => show(step, followed));
      if (step.type === "end") await key?.idle();
      if (step.type === "end") return step.task.status === "completed";
    }
    return false;
  };
  const stop = (): void => {
    key?.stop();
    live.stop();
  };
  const releases = [io.onInterrupt(() => interrupt.abort()), io.onKill(stop)];
  if (!json) live.start();
  try {
    const completed = await Promise.all([...open.values()].map(follow));
    if (open.size === 0) return completed.every(Boolean) ? exitCodes.ok : exitCodes.failed;
  } finally {
    interrupt.abort();
    for (const { spending } of open.values()) spending.stop();
    stop();
    for (const release of releases) release();
  }
  const ids = [...open.keys()];
  say(
    io.stderr,
    `${ids.length === 1 ? "Task" : "Tasks"} ${ids.join(", ")} ${ids.length === 1 ? "continues" : "continue"} in the background.`,
  );
  return exitCodes.interrupted;
}

function followedOf(task: TaskView, io: Io, client: WorkerClient): Followed {
  const progress = new TaskProgress(task);
  const spending = new SpendingLook(client, task.id, progress);
  return { task, lines: new EventLines(io.stdout, `#${task.id} `), progress, spending, lastText: "" };
}

/** The first line of the result, unless the agent has just said it. */
function resultLine({ id, result }: TaskView, { lastText }: Followed, io: Io): string {
  const text = plainText(result ?? "").trim();
  if (text === "" || text === plainText(lastText).trim()) return "";
  return `${fitWidth(`#${id} ${text.split("\n")[0] ?? ""}`, io.stdout.columns)}\n`;
}
