/**
 * Follows several tasks until all have ended: their lines as they happen, each with its task's id,
 * and a row for each below.
 */
import type { FeedStep } from "../../client/event-stream.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskView } from "../../contract/views/task.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import { isMachinery } from "../../domain/events/machinery.ts";
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
import { silent, TaskProgress } from "./task-progress.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

interface Followed {
  readonly task: TaskView;
  readonly lines: EventLines;
  readonly progress: TaskProgress;
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
  const open = new Map<TaskRef, Followed>(
    tasks.map((task) => [task.id, { task, lines: new EventLines(io.stdout, `#${task.id} `), progress: new TaskProgress(task) }]),
  );
  const rows = (): string[] => [...open].map(([id, { progress }]) => fitWidth(`${id}  ${progress.text()}`, io.stdout.columns - 1));
  const live = new LiveLines(io.stdout, rows, 1000);
  const show = (step: FeedStep, { lines: made, progress }: Followed): void => {
    if (json) {
      if (step.type === "event") io.stdout.exact(streamLine({ event: step.event }));
      if (step.type === "end") io.stdout.exact(streamLine({ task: step.task }));
    } else if (step.type === "event") {
      progress.take(step.event);
      const shown = silent.has(step.event.type) || isMachinery(step.event) ? [] : made.of(step.event);
      if (shown.length > 0) live.above(`${shown.join("\n")}\n`);
    } else if (step.type === "end") {
      const result = plainText(step.task.result ?? "").trim();
      live.above(`${endLine(step.task, paint)}\n${result === "" ? "" : `${fitWidth(result.split("\n")[0] ?? "", io.stdout.columns)}\n`}`);
    }
  };
  const follow = async (followed: Followed): Promise<boolean> => {
    const { id, last_event } = followed.task;
    for await (const step of client.follow(id, { after: Math.max(0, last_event - lines), signal: interrupt.signal })) {
      if (step.type === "end") open.delete(id);
      show(step, followed);
      if (step.type === "end") return step.task.status === "completed";
    }
    return false;
  };
  const releases = [io.onInterrupt(() => interrupt.abort()), io.onKill(() => live.stop())];
  if (!json) live.start();
  try {
    const completed = await Promise.all([...open.values()].map(follow));
    if (open.size === 0) return completed.every(Boolean) ? exitCodes.ok : exitCodes.failed;
  } finally {
    interrupt.abort();
    live.stop();
    for (const release of releases) release();
  }
  say(io.stderr, `Tasks ${[...open.keys()].join(", ")} continue in the background.`);
  return exitCodes.interrupted;
}
