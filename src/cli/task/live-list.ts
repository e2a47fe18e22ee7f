/**
 * `list --watch`: the list as it changes. On a terminal it stays in place; elsewhere each change is
 * a line.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskSummaryView } from "../../contract/views/task.ts";
import { exitCodes } from "../commandline/exit-codes.ts";
import type { ExitCode } from "../commandline/exit-codes.ts";
import type { Io } from "../terminal/io.ts";
import { streamLine } from "../terminal/json-stream.ts";
import { LiveLines } from "../terminal/render/live-lines.ts";
import { liveTable } from "../terminal/render/live-table.ts";
import { taskLines } from "../terminal/render/task-list.ts";
import { TaskBoard } from "./task-board.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

/** Until Ctrl-C. @param load the tasks of the list. */
export async function liveList(
  io: Io,
  client: WorkerClient,
  load: () => Promise<readonly TaskSummaryView[]>,
  { json }: { readonly json: boolean },
): Promise<ExitCode> {
  const interrupt = new AbortController();
  const told = new Map<TaskRef, string>();
  const tell = (): void => {
    for (const task of board.tasks.toReversed()) {
      const now = JSON.stringify([task.status, task.last_event, task.cost_usd, task.waiting_for]);
      if (told.get(task.id) === now) continue;
      told.set(task.id, now);
      io.stdout.exact(json ? streamLine({ task }) : taskLines([task]));
    }
  };
  const isLive = io.stdout.isTTY && !json;
  const lines = (): string[] => [
    ...liveTable(board.tasks, io.stdout, Date.now()),
    ...(board.isConnected ? [] : ["The server does not answer; trying again."]),
  ];
  const live = new LiveLines(io.stdout, lines, 1000);
  const board = new TaskBoard(client, load, () => (isLive ? live.draw() : tell()));
  const releases = [io.onInterrupt(() => interrupt.abort()), io.onKill(() => live.stop())];
  if (isLive) live.start();
  try {
    await board.follow(interrupt.signal);
  } finally {
    live.stop();
    for (const release of releases) release();
  }
  if (isLive) io.stdout.write(`${lines().join("\n")}\n`);
  return exitCodes.interrupted;
}
